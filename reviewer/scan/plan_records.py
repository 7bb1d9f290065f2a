"""Checkov on a plan: each record becomes a finding where the resource is written, as one of the code would be.

Runs in the contained child, on a document that is redacted already. Knows no terraform.
"""

from __future__ import annotations

import dataclasses
import functools
import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from reviewer.model import Finding, NotExamined, Source, Span
from reviewer.scan import checkov_runners, records
from reviewer.scan.tree import Tree
from reviewer.tfplan.model import Place, without_indexes

_SKIP = re.compile(r"(?:checkov|bridgecrew|cortex):skip= *([A-Za-z_\d-]+(?:,[A-Za-z_\d-]+)*)(?::([^\n]*))?")


def findings(
    document: Path, files: Tree, places: Mapping[str, Place]
) -> tuple[tuple[Finding, ...], tuple[NotExamined, ...]]:
    """Return what Checkov says of the plan in the file `document`, and which checks could not be applied.

    Findings are about lines of `files`, whose paths are `names` of the repository; those about resources that are
    written nowhere in them stand at the first line of the root.
    """
    try:
        outcome = checkov_runners.run_plan(document)
    except MemoryError:
        raise
    except Exception as error:  # noqa: BLE001 (the boundary to Checkov: its findings are lost, the plan is not)
        why = f"Checkov's scan of the plan stopped with {type(error).__name__}: the code was scanned, the plan was not."
        return (), (NotExamined(what=f"{files.directory or '.'} (plan)", why=why, blocking=False),)
    here = {real: scan_as for scan_as, real in files.names.items()}
    placed = [record for record in outcome.records if _put(record, files, places, here)]
    found = records.findings("terraform", placed, files)
    return tuple(_seen_in_plan(finding, files, here) for finding in found), tuple(_troubles(outcome, files))


def _put(record: Any, files: Tree, places: Mapping[str, Place], here: Mapping[str, str]) -> bool:
    """Write into a record where its resource is written: the plan itself has no lines. False: nowhere at all."""
    place = places.get(without_indexes(str(record.resource)))
    span = place.block if place else _first_line(files)
    if span is None or span.path not in here:
        return False
    record.file_abs_path = str(files.root / here[span.path])
    record.file_path = "/" + here[span.path]
    record.file_line_range = [span.start_line, span.end_line]
    return True


def _first_line(files: Tree) -> Span | None:
    prefix = f"{files.directory}/" if files.directory else ""
    own = (name for name in sorted(files.names.values()) if name.startswith(prefix) and "/" not in name[len(prefix) :])
    path = next((name for name in own if name.endswith((".tf", ".tofu", ".tf.json", ".tofu.json"))), None)
    return Span(path=path, start_line=1, end_line=1) if path else None


def _seen_in_plan(finding: Finding, files: Tree, here: Mapping[str, str]) -> Finding:
    reason = _skips(files, here[finding.block.path], finding.block).get(finding.rule)
    return dataclasses.replace(finding, source=Source.PLAN, skip_reason=reason)


def _skips(files: Tree, path: str, block: Span) -> Mapping[str, str]:
    return _skips_in(files.text(path, block.start_line, block.end_line))


@functools.lru_cache(maxsize=256)
def _skips_in(text: str) -> Mapping[str, str]:
    """The rules that comments in a block mute, with the reason: Checkov reads comments of code only."""
    return {
        rule: (match[2] or "").strip()[: records.MAX_TITLE]
        for match in _SKIP.finditer(text)
        for rule in match[1].split(",")
    }


def _troubles(outcome: checkov_runners.Outcome, files: Tree) -> Iterator[NotExamined]:
    what = f"{files.directory or '.'} (plan)"
    if outcome.unreadable:
        why = "Checkov could not read the plan: the code was scanned, the plan was not."
        yield NotExamined(what=what, why=why, blocking=False)
    if outcome.troubles:
        why = f"Checks that could not be applied to some of the plan: {', '.join(outcome.troubles[:10])}."
        yield NotExamined(what=what, why=why, blocking=False)
