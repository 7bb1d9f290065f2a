"""Everything that should stand on a pull request, as one value.

Owns the putting together. Must not know what stands there now (gh.publish reconciles).
"""

from __future__ import annotations

from reviewer.model import Examination, Publication
from reviewer.report.check_run import build_check_run
from reviewer.report.comment import build_comments
from reviewer.report.links import Links
from reviewer.report.sarif import build_sarif, is_complete
from reviewer.report.tools import Tools


def build_publication(
    examination: Examination,
    links: Links,
    *,
    ref: str | None,
    quiet: bool,
    tools: Tools | None = None,
    offer_apply: bool = False,
) -> Publication:
    """Return what should stand: check run, comments (none when `quiet`, for drafts), SARIF for `ref` (if any).

    `offer_apply` says whether a click may commit the safe fixes to the head's branch.

    When a part failed to be examined there is no SARIF (GitHub closes the alerts that an upload leaves out), and no
    comment is to be called fixed.
    """
    comparison, complete = examination.comparison, is_complete(examination)
    found = (*comparison.introduced, *comparison.standing, *comparison.muted)
    url = f"{links.html_url}/{links.full_name}"
    return Publication(
        check_run=build_check_run(examination, links, tools, offer_apply=offer_apply),
        comments=() if quiet else build_comments(examination),
        present=frozenset(f.fingerprint for f in found),
        complete=complete,
        sarif=build_sarif(examination, ref=ref, repository_url=url) if complete and ref else None,
    )
