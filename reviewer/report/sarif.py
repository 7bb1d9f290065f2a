"""SARIF 2.1.0, as GitHub's code scanning takes it: one run, one category.

Owns the form and GitHub's limits. Must not know how it is uploaded.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from types import MappingProxyType
from typing import Any

from reviewer.model import Examination, Finding, Fix, Severity, Span, Waived
from reviewer.report.blocks import order
from reviewer.report.links import quoted_path, rule_url
from reviewer.report.sarif_fixes import sarif_fixes
from reviewer.report.text import clip, plain, prose, sentence
from reviewer.report.tools import installed_tools

CATEGORY = "plumbrule/"
MOST_RESULTS = 25_000
_MOST_RULES = 25_000
_MOST_TAGS = 10  # GitHub shows no more
_SCHEMA = "https://json.schemastore.org/sarif-2.1.0.json"
# GitHub: above 9.0 critical, 7.0-8.9 high, 4.0-6.9 medium, 0.1-3.9 low.
_SECURITY_SEVERITY = {
    Severity.CRITICAL: "9.5",
    Severity.HIGH: "8.0",
    Severity.MEDIUM: "5.5",
    Severity.LOW: "3.0",
    Severity.INFO: "0.5",
}
_LEVEL = {
    Severity.CRITICAL: "error",
    Severity.HIGH: "error",
    Severity.MEDIUM: "warning",
    Severity.LOW: "note",
    Severity.INFO: "note",
}


def build_sarif(examination: Examination, *, ref: str, repository_url: str | None = None) -> dict[str, Any]:
    """Return a SARIF log of what stands at the head.

    With a `ref` (refs/pull/7/head) it is for GitHub's code scanning, which shows suppressed results as open alerts:
    what is waived or muted is left out. Without one (a local review) it is there, with its suppression.
    """
    comparison, waived = examination.comparison, examination.verdict.waived
    found = (*comparison.introduced, *comparison.standing)
    accepted = frozenset(w.finding for w in waived)
    return build_log(
        tuple(f for f in found if f not in accepted) if ref else (*found, *comparison.muted),
        head_sha=examination.head_sha,
        ref=ref,
        fixes=examination.fixes.single,
        waived=() if ref else waived,
        repository_url=repository_url,
        compliance=dict(examination.compliance),
    )


def is_complete(examination: Examination) -> bool:
    """Whether all was examined; if not, an upload would close the alerts of what was not as if they were fixed."""
    return not any(part.blocking for part in examination.comparison.not_examined)


def build_log(  # noqa: PLR0913 (each is a part of the log)
    findings: Sequence[Finding],
    *,
    head_sha: str,
    ref: str,
    fixes: Sequence[Fix] = (),
    waived: Sequence[Waived] = (),
    repository_url: str | None = None,
    compliance: Mapping[str, tuple[str, ...]] = MappingProxyType({}),
) -> dict[str, Any]:
    """Return a SARIF log of `findings` and `waived` at `head_sha` of `ref`.

    `fixes` are of one finding each. Muted findings (`skip_reason`) and waived ones carry a suppression. Beyond 25,000
    results the most severe are kept and a notification says how many were left out. `compliance` are tags by rule.
    """
    reasons = {w.finding: w for w in waived}
    everything = sorted(dict.fromkeys((*findings, *reasons)), key=order)
    kept = everything[:MOST_RESULTS]
    rules = _rules(kept, compliance)
    index = {rule["id"]: n for n, rule in enumerate(rules)}
    mended = sarif_fixes(fixes)
    run: dict[str, Any] = {
        "tool": {"driver": _driver(rules, installed_tools().plumbrule)},
        "automationDetails": {"id": CATEGORY},
        "columnKind": "unicodeCodePoints",
        "originalUriBaseIds": {"%SRCROOT%": {"description": {"text": "The root of the repository."}}},
        "invocations": [_invocation(len(everything) - len(kept))],
        "results": [
            _result(f, index[_rule_id(f)], reasons.get(f))
            | ({"fixes": [mended[f.fingerprint]]} if f.fingerprint in mended else {})
            for f in kept
        ],
    }
    if repository_url:
        run["versionControlProvenance"] = [_provenance(repository_url, head_sha, ref)]
    return {"$schema": _SCHEMA, "version": "2.1.0", "runs": [run]}


def _driver(rules: list[dict[str, Any]], version: str) -> dict[str, Any]:
    driver: dict[str, Any] = {"name": "Plumbrule", "rules": rules}
    return driver | ({"version": version, "semanticVersion": version} if version else {})


def _provenance(url: str, head_sha: str, ref: str) -> dict[str, str]:
    return {"repositoryUri": url, "revisionId": head_sha} | ({"branch": ref} if ref else {})


def _invocation(lost: int) -> dict[str, Any]:
    if not lost:
        return {"executionSuccessful": True}
    text = f"{lost} less severe results were left out: an upload holds at most {MOST_RESULTS}."
    notification = {"level": "warning", "message": {"text": text}, "descriptor": {"id": "plumbrule/too-many-results"}}
    return {"executionSuccessful": True, "toolExecutionNotifications": [notification]}


def _rules(findings: Sequence[Finding], compliance: Mapping[str, tuple[str, ...]]) -> list[dict[str, Any]]:
    """Describe each rule once, by its most severe finding (`findings` come in that order)."""
    firsts: dict[str, Finding] = {}
    for finding in findings:
        firsts.setdefault(_rule_id(finding), finding)
    return [_rule(finding, compliance.get(finding.rule, ())) for finding in list(firsts.values())[:_MOST_RULES]]


def _rule_id(finding: Finding) -> str:
    return plain(finding.rule, 255) or "unnamed"


def _rule(finding: Finding, standards: Sequence[str]) -> dict[str, Any]:
    title = plain(finding.title, 1000) or _rule_id(finding)
    url = rule_url(finding)
    rule: dict[str, Any] = {
        "id": _rule_id(finding),
        "name": clip("".join(c for c in title.title() if c.isalnum()), 255) or _rule_id(finding),
        "shortDescription": {"text": clip(title, 1000)},
        "fullDescription": {"text": clip(" ".join(t for t in (sentence(title), plain(finding.why, 800)) if t), 1000)},
        "help": {"text": _help(finding, title, url), "markdown": _help_markdown(finding, title, url)},
        "defaultConfiguration": {"level": _LEVEL[finding.severity]},
        "properties": {
            "security-severity": _SECURITY_SEVERITY[finding.severity],
            "precision": "high",
            "tags": _tags(finding, standards),
        },
    }
    return rule | ({"helpUri": url} if url else {})


def _tags(finding: Finding, standards: Sequence[str]) -> list[str]:
    """Our own words first; of the requirements as many as GitHub shows with them, each standard's first ones first."""
    own = [tag for tag in ("security", "iac", plain(finding.framework, 50), plain(finding.scanner, 50)) if tag]
    return [*own, *(plain(tag, 60) for tag in standards[: _MOST_TAGS - len(own)])]


def _help(finding: Finding, title: str, url: str | None) -> str:
    remedy = f"What to do: {plain(finding.remedy, 2000)}" if finding.remedy else ""
    return "\n\n".join(t for t in (title, plain(finding.why, 2000), remedy, url or "") if t)


def _help_markdown(finding: Finding, title: str, url: str | None) -> str:
    remedy = f"**What to do:** {prose(finding.remedy, 2000)}" if finding.remedy else ""
    guideline = f"[Guideline]({url})" if url else ""
    return "\n\n".join(t for t in (f"**{prose(title)}**", prose(finding.why, 2000), remedy, guideline) if t)


def _result(finding: Finding, rule_index: int, waived: Waived | None) -> dict[str, Any]:
    result: dict[str, Any] = {
        "ruleId": _rule_id(finding),
        "ruleIndex": rule_index,
        "level": _LEVEL[finding.severity],
        "message": {"text": _message(finding)},
        "locations": [_location(finding.span, finding.resource)],
        "partialFingerprints": {"plumbrule/v1": finding.fingerprint} if finding.fingerprint else {},
        "properties": {"severity": finding.severity.word, "source": finding.source.value},
    }
    if finding.caller is not None:
        called = _location(finding.caller, "") | {"id": 1, "message": {"text": "The module call that leads here."}}
        result["relatedLocations"] = [called]
    suppressions = _suppressions(finding, waived)
    return result | ({"suppressions": suppressions} if suppressions else {})


def _message(finding: Finding) -> str:
    """Plain text; SARIF makes links of `[text](target)`, so the repository may not write one."""
    title, news, name = plain(finding.title, 1000), plain(finding.message, 1000), plain(finding.resource, 300)
    text = " ".join(sentence(part) for part in dict.fromkeys((title, news)) if part) or _rule_id(finding)
    text = f"{name}: {text}" if name and name not in text else text
    return text.replace("](", "] (")


def _location(span: Span, resource: str) -> dict[str, Any]:
    start = max(1, span.start_line)
    location: dict[str, Any] = {
        "physicalLocation": {
            "artifactLocation": {"uri": quoted_path(span.path), "uriBaseId": "%SRCROOT%"},
            "region": {"startLine": start, "endLine": max(start, span.end_line)},
        }
    }
    if resource:
        location["logicalLocations"] = [{"fullyQualifiedName": plain(resource, 1000), "kind": "resource"}]
    return location


def _suppressions(finding: Finding, waived: Waived | None) -> list[dict[str, Any]]:
    found = []
    if finding.skip_reason is not None:
        found.append(_suppression("inSource", finding.skip_reason))
    if waived is not None:
        until = f" (until {waived.waiver.expires.isoformat()})"
        found.append(_suppression("external", waived.waiver.reason + until))
    return found


def _suppression(kind: str, reason: str) -> dict[str, Any]:
    suppression = {"kind": kind, "status": "accepted"}
    justification = plain(reason, 1000)
    return suppression | ({"justification": justification} if justification else {})
