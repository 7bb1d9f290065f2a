"""One unit scanned: what runs inside a confined child, from the request to the bytes of a result.

Owns which frameworks a unit is given to, and that whatever was not looked at is said. Everything it touches is hostile.
"""

from __future__ import annotations

import tempfile
from collections.abc import Iterable, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

from reviewer import rules
from reviewer.model import Finding, NotExamined, ScanResult
from reviewer.rules.rule import Settings
from reviewer.scan import (
    checkov_runners,
    evidence,
    foreign,
    foreign_config,
    records,
    results,
    samples,
    sandbox,
    syntax,
    terraform_json,
)
from reviewer.scan.frameworks import TERRAFORM, frameworks_of, searched_for_secrets
from reviewer.scan.tree import Tree

WARM_ROUNDS = 2  # Python makes code faster that has run a few times


def warm_up(scratch: Path) -> None:
    """Load what a child will need, and use it once or twice, so that no child pays for first uses."""
    checkov_runners.load()
    with tempfile.TemporaryDirectory(dir=scratch) as folder:
        for name, text in samples.FILES.items():
            path = Path(folder, name)
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text)
        files = [[name, name] for name in samples.FILES]
        for kind in ("directory", *["terraform"] * WARM_ROUNDS):
            scan_unit({"kind": kind, "directory": "", "files": files}, Path(folder))
    checkov_runners.forget()


def scan_unit(request: dict[str, Any], tree: Path) -> bytes:
    """Scan the unit that `request` describes, whose files lie under `tree`, and return the encoded result."""
    names = {scan_as: path for scan_as, path in request["files"] if _is_unicode(path)}
    files = Tree(tree, names, request["directory"])
    kind = request["kind"]
    parts = _others(request, files)
    parts += _terraform(files) if kind == "terraform" else [_run(name, files) for name in frameworks_of(kind, files)]
    if kind == "directory":
        parts += [
            _own_rules(files, request.get("requirements") or {}),
            ScanResult(not_examined=syntax.unreadable(files)),
        ]
    parts += [_oddly_named(path) for _, path in request["files"] if not _is_unicode(path)]
    return results.encode(
        ScanResult(
            findings=tuple(finding for part in parts for finding in part.findings),
            not_examined=_once(entry for part in parts for entry in part.not_examined),
            files=sum(1 for path in files.paths if (kind == "terraform") == path.endswith(TERRAFORM)),
            roots=(request["directory"],) if kind == "terraform" else (),
            resources=sum(part.resources for part in parts),
        )
    )


def _is_unicode(path: str) -> bool:
    try:
        path.encode()
    except UnicodeEncodeError:
        return False
    return True


def _oddly_named(path: str) -> ScanResult:
    shown = path.encode("utf-8", "surrogateescape").decode("utf-8", "replace")
    why = "Its name is not UTF-8, so nothing could be said of it: nothing in it was looked at."
    return ScanResult(not_examined=(NotExamined(what=shown, why=why),))


def _others(request: dict[str, Any], files: Tree) -> list[ScanResult]:
    """Run other scanners first: after them nothing may start a program, unless Checkov itself has to."""
    asked = request.get("scanners")
    if not asked:
        return []
    with tempfile.TemporaryDirectory() as folder:
        scanners = map(foreign_config.from_request, asked)
        found = [foreign.run_scanner(scanner, files, Path(folder)) for scanner in scanners]
    if request["kind"] not in checkov_runners.RENDERED:
        sandbox.forbid_programs()
    return found


def _terraform(files: Tree) -> list[ScanResult]:
    with terraform_json.native(files) as unit:
        told = ScanResult(not_examined=(*syntax.unsupported(unit.tree), *syntax.computed_sources(unit.tree)))
        return [unit.back(part) for part in (_run("terraform", unit.tree), told)]


def _run(framework: str, files: Tree) -> ScanResult:
    try:
        outcome = checkov_runners.run(framework, files.root, searched_for_secrets(files))
    except MemoryError:
        raise
    except Exception as error:  # noqa: BLE001 (the boundary to Checkov: one framework is lost, the others are not)
        return ScanResult(not_examined=(_broken(framework, files, error),))
    found = records.findings(framework, outcome.records, files)
    return ScanResult(
        findings=found,
        not_examined=(
            *_cut_off(framework, len(found), files),
            *syntax.rejected(framework, outcome.unreadable, files),
            *_troubles(framework, outcome.troubles, files),
        ),
        resources=outcome.resources if framework != "secrets" else 0,
    )


def _broken(framework: str, files: Tree, error: Exception) -> NotExamined:
    return NotExamined(
        what=f"{files.directory or '.'} ({framework})",
        why=f"The {framework} scan stopped with {type(error).__name__}: nothing of it was looked at here.",
    )


def _cut_off(framework: str, found: int, files: Tree) -> Iterable[NotExamined]:
    if found >= records.MOST_FINDINGS:
        why = f"There are more findings than the {found:,} that can be reported: the others are unknown."
        yield NotExamined(what=f"{files.directory or '.'} ({framework})", why=why)


def _troubles(framework: str, troubles: tuple[str, ...], files: Tree) -> Iterable[NotExamined]:
    if not troubles:
        return
    named = ", ".join(troubles[:10]) + (f" and {len(troubles) - 10} more" if len(troubles) > 10 else "")
    named = named.replace(f"{files.root}/", "")
    rendered = framework in checkov_runners.RENDERED
    yield NotExamined(
        what=f"{files.directory or '.'} ({framework})",
        why=f"{framework} complained: {named}"
        if rendered
        else f"Checks that could not be applied to some code: {named}.",
        blocking=rendered or framework == "secrets",  # there, a trouble is a file that was not looked at
    )


def _own_rules(files: Tree, requirements: Mapping[str, list[str]]) -> ScanResult:
    """Run each of our rules by itself: one that fails is named, and takes nothing from the others."""
    settings = Settings(**{name: tuple(values) for name, values in requirements.items()})
    directory = rules.Directory(path=files.directory, files=files.originals(), settings=settings)
    found: list[Finding] = []
    failed: list[NotExamined] = []
    for rule in rules.RULES.values():
        try:
            found += (rule.finding(hit, directory) for hit in rule.check(directory))
        except MemoryError:
            raise
        except Exception as error:  # noqa: BLE001 (as with Checkov: the other rules' answers are still good)
            failed.append(_broken(rule.id, files, error))
    ordered = sorted(dict.fromkeys(found), key=lambda finding: (finding.span, finding.rule, finding.resource))
    folded = tuple(replace(finding, evidence=evidence.fold(finding.evidence)) for finding in ordered)
    return ScanResult(findings=folded, not_examined=tuple(failed))


def _once(entries: Iterable[NotExamined]) -> tuple[NotExamined, ...]:
    return tuple(dict.fromkeys(entries))
