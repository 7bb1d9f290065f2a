"""What a review says of standards: tags beside rules, and how many findings speak to which requirement.

Owns the wording and how much is shown. Tags come with the examination; which rules have which is not known here.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence

from reviewer.model import Examination, Finding
from reviewer.report.sections import Section
from reviewer.report.text import prose

_MOST_IN_A_LINE = 4
_MOST_IN_A_TABLE = 100
_SHOWN_UNASKED = "CIS "


def tags_of(examination: Examination, findings: Iterable[Finding]) -> tuple[str, ...]:
    """Return the requirements that `findings` speak to, each once."""
    found = dict(examination.compliance)
    return tuple(dict.fromkeys(tag for finding in findings for tag in found.get(finding.rule, ())))


def in_footer(examination: Examination, findings: Iterable[Finding]) -> str:
    """Return the tags for the footer of a comment: those that the policy asks for, or the CIS benchmarks'."""
    tags = tags_of(examination, findings)
    return _line(tags if examination.standards else [tag for tag in tags if tag.startswith(_SHOWN_UNASKED)])


def in_list(examination: Examination, findings: Iterable[Finding]) -> str:
    """Return the tags for a line of the summary; "" unless the policy asks for some."""
    told = _line(tags_of(examination, findings)) if examination.standards else ""
    return f" · {told}" if told else ""


def _line(tags: Sequence[str]) -> str:
    more = f" and {len(tags) - _MOST_IN_A_LINE} more" if len(tags) > _MOST_IN_A_LINE else ""
    return f"{', '.join(prose(tag, 60) for tag in tags[:_MOST_IN_A_LINE])}{more}"


def compliance_section(examination: Examination, introduced: Sequence[Finding], standing: Sequence[Finding]) -> Section:
    """Return a table of the requirements with findings; nothing unless the policy asks for standards."""
    groups = [_counted(examination, findings) for findings in (introduced, examination.comparison.fixed, standing)]
    tags = sorted(set().union(*groups), key=_in_order)
    if not examination.standards or not tags:
        return Section(opening="")
    rows = tuple(f"| {prose(tag, 60)} | {' | '.join(str(group[tag]) for group in groups)} |" for tag in tags)
    opening = "<details><summary>Standards: findings by requirement</summary>\n\n"
    return Section(
        opening=f"{opening}| | introduced | fixed | standing |\n|---|---|---|---|",
        items=rows[:_MOST_IN_A_TABLE],
        closing="\n</details>",
        unseen=len(rows[_MOST_IN_A_TABLE:]),
    )


def _counted(examination: Examination, findings: Iterable[Finding]) -> Counter[str]:
    return Counter(tag for finding in findings for tag in tags_of(examination, (finding,)))


def _in_order(tag: str) -> tuple[str | int, ...]:
    """Numbers count as numbers: 5.2 comes before 5.10."""
    name, _, number = tag.rpartition(" ")
    return (name, *(part.zfill(4) for part in number.replace("(", ".").split(".")))
