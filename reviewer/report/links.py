"""Where the words of a review may lead: lines of the head on GitHub, and guidelines on hosts that we know.

Owns the building of URLs. Must not know who shows them.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from urllib.parse import quote, urlsplit

from reviewer.model import Finding, Span

GUIDELINE_HOSTS = frozenset(
    {
        "cheatsheetseries.owasp.org",
        "checkov.io",
        "cloud.google.com",
        "developer.hashicorp.com",
        "docs.ansible.com",
        "docs.aws.amazon.com",
        "docs.bridgecrew.io",
        "docs.docker.com",
        "docs.github.com",
        "docs.paloaltonetworks.com",
        "docs.prismacloud.io",
        "docs.zizmor.sh",
        "helm.sh",
        "kubernetes.io",
        "learn.microsoft.com",
        "opentofu.org",
        "owasp.org",
        "registry.terraform.io",
        "slsa.dev",
        "www.checkov.io",
        "www.cisecurity.org",
        "www.shellcheck.net",
    }
)
CHECKS = ("https://github.com/bridgecrewio/checkov/blob/", "https://github.com/hadolint/hadolint/wiki/")
"""Where the scanners' own rules can be read."""
PAGES = "https://github.com/plumbrule/plumbrule/blob/main/docs/rules"
"""Where there is a page for each rule of our own."""
_OURS = re.compile(r"PLB(?:_[A-Z][A-Z0-9]*)+_[0-9]{1,4}")
_SAFE_URL = re.compile(r"https://[a-z0-9.-]+(?:/[A-Za-z0-9\-._~/?#=&%+:,;@]*)?")
_LONGEST_URL = 2000


@dataclass(frozen=True, slots=True, kw_only=True)
class Links:
    """The repository as its pages are reached: `https://github.com`, `owner/name`, and the commit to show."""

    html_url: str
    full_name: str
    head_sha: str

    def blob(self, span: Span) -> str | None:
        """Return the address of `span` at the head; None when it is too long for anybody's good."""
        lines = f"#L{span.start_line}" + (f"-L{span.end_line}" if span.end_line > span.start_line else "")
        url = f"{self.html_url}/{self.full_name}/blob/{self.head_sha}/{quoted_path(span.path)}{lines}"
        return url if len(url) <= _LONGEST_URL else None


def quoted_path(path: str) -> str:
    """Return `path` percent-encoded for a URL; bytes that are no UTF-8 (surrogate escapes) keep their values."""
    try:
        raw = path.encode("utf-8", "surrogateescape")
    except UnicodeEncodeError:
        raw = path.encode("utf-8", "replace")
    return quote(raw, safe="/")


def guideline_url(url: str | None) -> str | None:
    """Return `url` if it is https, leads to a host that we know and holds nothing odd; else None."""
    if not url or len(url) > _LONGEST_URL or not _SAFE_URL.fullmatch(url):
        return None
    parts = urlsplit(url)
    return url if parts.netloc in GUIDELINE_HOSTS or url.startswith(CHECKS) else None


def rule_url(finding: Finding) -> str | None:
    """Return where the rule of a finding is explained: the page of one of ours, or a guideline on a host we know."""
    if finding.scanner == "plumbrule" and _OURS.fullmatch(finding.rule):
        return f"{PAGES}/{finding.rule}.md"
    return guideline_url(finding.guideline)
