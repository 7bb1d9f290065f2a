"""`plumbrule review --format markdown`: the summary, then every introduced finding with its text.

Owns that page. Must not know about GitHub's limits, except that people paste it there.
"""

from __future__ import annotations

from reviewer.model import Examination
from reviewer.report.blocks import issues_of
from reviewer.report.comment import issue_text
from reviewer.report.offers import proposals
from reviewer.report.sections import Section, fitted
from reviewer.report.summary import build_summary, build_title, live
from reviewer.report.text import prose
from reviewer.report.tools import installed_tools

_LIMIT = 1_000_000


def build_markdown(examination: Examination) -> str:
    """Return the review as one markdown document, ending in a line break."""
    findings = issues_of(live(examination, examination.comparison.introduced))
    proposed = proposals(examination)
    head = Section(opening=f"### {prose(build_title(examination), 400)}")
    body = Section(opening=build_summary(examination, None, installed_tools(), limit=_LIMIT))
    each = Section(
        opening="---\n" if findings else "", items=tuple(issue_text(issue, proposed) + "\n" for issue in findings)
    )
    return fitted(tuple(s for s in (head, body, each) if s.opening), 2 * _LIMIT).rstrip("\n") + "\n"
