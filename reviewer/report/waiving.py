"""The waiver that a comment offers: an entry for the policy file, ready but for its reason and its date.

Owns its form. Must not know whether the risk may be accepted: a review of the policy file decides that.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Sequence

from reviewer.report.blocks import Issue, any_index, block_resource, instances
from reviewer.report.text import fence, one_line

WAIVER = "<details><summary>Accept this risk instead</summary>"


def waiver_text(issues: Iterable[Issue]) -> str:
    """Return a ready entry for the policy file, folded. Reason and expiry are the reader's to fill in."""
    entries = dict.fromkeys(map(_entry, issues))
    return (
        f"{WAIVER}\n\n"
        "Add to `.github/plumbrule.yml` on the base branch, with a reason and a date:\n\n"
        + fence("waivers:\n" + "\n".join(entries), "yaml")
        + "\n\n</details>"
    )


def _entry(issue: Issue) -> str:
    names = instances(issue.findings)
    lines = [f"  - rule: {_yaml(issue.first.rule)}"]
    if names:
        lines.append(f"    resource: {_yaml(_pattern(names))}")
    lines += [f"    path: {_yaml(issue.first.path)}", '    reason: ""', "    expires: YYYY-MM-DD"]
    return "\n".join(lines)


def _pattern(names: Sequence[str]) -> str:
    """Return one address, or a pattern for several that differ in their indexes or module paths.

    In the policy file only `*` and `?` are wild; brackets are themselves.
    """
    if len(names) == 1:
        return names[0]
    patterns = {any_index(name) for name in names}
    return patterns.pop() if len(patterns) == 1 else f"*{block_resource(names[0])}*"


def _yaml(text: str) -> str:
    text = one_line(text, 300)
    if re.fullmatch(r"[A-Za-z_][A-Za-z0-9_./-]*", text):
        return text
    return json.dumps(text, ensure_ascii=False) if "'" in text else f"'{text}'"
