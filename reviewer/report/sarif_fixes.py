"""Fixes in the form of SARIF 2.1.0 (section 3.55): which lines go, and what comes in their place.

Owns that form and its limits. Must not know which result a fix belongs to.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from reviewer.model import Fix, Risk, Suggestion
from reviewer.report.links import quoted_path
from reviewer.report.offers import holds_secret
from reviewer.report.patch import lines_of
from reviewer.report.text import is_bare, plain, sentence

_LONGEST_FIX = 20_000
_LONGEST_IN_ALL = 1_000_000  # of a log that may be 10 MB when it is packed
_RISKS = {
    Risk.SAFE: "Safe: changes in place.",
    Risk.INPUT: "Needs a decision.",
    Risk.REPLACE: "Beware: what exists already is recreated or restarted.",
    Risk.COST: "Beware: there is more to pay.",
}


def sarif_fixes(fixes: Iterable[Fix]) -> dict[str, dict[str, Any]]:
    """Return SARIF's `fix` of each of `fixes` by the fingerprint of its finding, as many as a log may hold.

    Left out are those whose lines hold a secret or characters that do not show.
    """
    room = _LONGEST_IN_ALL
    told: dict[str, dict[str, Any]] = {}
    for fix in fixes:
        size = sum(len(edit.replacement) for edit in fix.edits)
        if size > _LONGEST_FIX or not all(map(_may_leave, fix.edits)):
            continue
        room -= size + 500
        if room < 0:
            break
        told |= dict.fromkeys(fix.fingerprints, _fix(fix))
    return told


def _may_leave(suggestion: Suggestion) -> bool:
    return is_bare(suggestion.replacement) and not holds_secret(suggestion)


def _fix(fix: Fix) -> dict[str, Any]:
    return {"description": {"text": _description(fix)}, "artifactChanges": list(map(_change, fix.edits))}


def _change(suggestion: Suggestion) -> dict[str, Any]:
    replacement = {"deletedRegion": _region(suggestion)}
    if suggestion.replacement:
        replacement["insertedContent"] = {"text": suggestion.replacement}
    return {
        "artifactLocation": {"uri": quoted_path(suggestion.path), "uriBaseId": "%SRCROOT%"},
        "replacements": [replacement],
    }


def _region(suggestion: Suggestion) -> dict[str, Any]:
    """Return the lines with their ends; a last line without an end ends behind its last character."""
    region = {"startLine": suggestion.start_line, "startColumn": 1}
    if suggestion.original.endswith("\n") or not suggestion.original:
        return region | {"endLine": suggestion.end_line + 1, "endColumn": 1}
    return region | {"endLine": suggestion.end_line, "endColumn": len(lines_of(suggestion.original)[-1]) + 1}


def _description(fix: Fix) -> str:
    inputs = ", ".join(plain(name, 100) for name in fix.inputs[:10])
    parts = [_RISKS[fix.suggestion.risk], f"Without a value yet: {inputs}." if inputs else ""]
    parts += [sentence(plain(warning, 300)) for warning in fix.warnings[:5]]
    return " ".join(part for part in parts if part).replace("](", "] (")
