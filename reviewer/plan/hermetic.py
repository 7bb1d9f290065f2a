"""One root planned without providers, credentials or network: what runs in a confined child, from request to bytes.

Owns the order of the steps, and that nothing leaves them unredacted. Everything it touches is hostile.
"""

from __future__ import annotations

import json
import tempfile
import time
from collections.abc import Iterator, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

from reviewer.model import Finding, NotExamined
from reviewer.plan import known, planned, provider, terraform
from reviewer.plan.places import places
from reviewer.plan.planned import PlannedRoot
from reviewer.plan.prepare import PlanSettings, prepare
from reviewer.plan.provider_schema import Block, ProviderSchema
from reviewer.plan.pruning import without_empty_blocks
from reviewer.plan.reading import CannotPlan
from reviewer.plan.schemas import Store
from reviewer.plan.shipped import sensitive
from reviewer.rules.planned import run_concepts
from reviewer.rules.rule import Directory
from reviewer.scan import evidence, plan_records, samples
from reviewer.scan.results import is_inside
from reviewer.scan.tree import Tree
from reviewer.tfplan import bounds
from reviewer.tfplan.bounds import PlanFormatError
from reviewer.tfplan.model import Place
from reviewer.tfplan.read import read
from reviewer.tfplan.redact import SensitivePaths, redact

Places = tuple[tuple[str, Place], ...]

TIME_SHARE = 0.7
"""Terraform may take this part of the time allowed; the rest is for what is made of its plan."""

MOST_PROVIDERS = 40


def warm_up(scratch: Path) -> None:
    """Use once what a child will need, so that no child pays for first uses. Starts no thread and no program."""
    with tempfile.TemporaryDirectory(dir=scratch) as folder:
        for name, text in {**samples.FILES, "plan.json": samples.PLAN}.items():
            Path(folder, name).parent.mkdir(parents=True, exist_ok=True)
            Path(folder, name).write_text(text)
        files = Tree(Path(folder), {name: name for name in samples.FILES}, "")
        known.provider_schemas(prepare(files.originals(), "", PlanSettings()), known.nothing)
        _given(files, {"given": "plan.json", "remote_modules": {}}, Path(folder))


def plan_unit(request: dict[str, Any], tree: Path) -> bytes:
    """Plan the root that `request` describes, whose files lie under `tree`, and return the encoded PlannedRoot.

    Besides what `contained.scan_unit` takes, `request` has `plan`: `workspace`, `var_files`, `given` (a path in the
    tree of a plan in JSON that is taken instead of making one), `remote_modules`, `program` (Terraform's), `schemas`
    (the operator's folder).
    """
    begun = time.monotonic()
    wanted = request["plan"]
    files = Tree(tree, dict(request["files"]), request["directory"])
    try:
        root = _given(files, wanted, _folder()) if wanted["given"] else _hermetic(files, wanted, request["limits"])
    except (CannotPlan, PlanFormatError) as problem:
        root = PlannedRoot(root=files.directory, not_planned=str(problem)[: planned.MAX_REASON])
    spent = round((time.monotonic() - begun) * 1000)
    return planned.encode(replace(root, workspace=wanted["workspace"], milliseconds=spent))


def _hermetic(files: Tree, wanted: Mapping[str, Any], limits: Mapping[str, int]) -> PlannedRoot:
    until = time.monotonic() + TIME_SHARE * limits["wall_seconds"]
    contents = files.originals()
    settings = PlanSettings(workspace=wanted["workspace"], var_files=tuple(wanted["var_files"]))
    prepared = prepare(contents, files.directory, settings, wanted["remote_modules"])
    store = Store(Path(wanted["schemas"]) if wanted["schemas"] else None)
    schemas = known.provider_schemas(prepared, store.block)
    if len(schemas) > MOST_PROVIDERS:
        raise CannotPlan(f"It uses {len(schemas)} providers, more than the {MOST_PROVIDERS} that are planned.")
    work = _folder()
    terraform.lay_out(work, prepared)
    budget = terraform.Budget(until=until, wall_seconds=limits["wall_seconds"], memory_mb=limits["memory_mb"])
    with provider.serving(schemas, work) as attached:
        document = terraform.plan(
            Path(wanted["program"]), work, prepared, workspace=wanted["workspace"], providers=attached, budget=budget
        )
    document = redact(without_empty_blocks(document, schemas), _sensitive(schemas))
    root = _root(document, files, places(contents, files.directory, wanted["remote_modules"]), work)
    return replace(root, moved=prepared.moved, statements=(*prepared.statements, *root.statements))


def _folder() -> Path:
    return Path(tempfile.mkdtemp())


def _given(files: Tree, wanted: Mapping[str, Any], work: Path) -> PlannedRoot:
    """Take a plan that was made elsewhere, with the real providers. Raises CannotPlan and PlanFormatError."""
    path = str(wanted["given"])
    try:
        raw = (files.root / path).read_bytes() if is_inside(path) else b""
    except OSError:
        raise CannotPlan("The plan that was given is not there.") from None
    document = redact(bounds.parse(raw), sensitive)
    read(document, approximate=False)  # refuses what is no plan that we know
    root = _root(document, files, places(files.originals(), files.directory, wanted["remote_modules"]), work)
    return replace(root, approximate=False)


def _root(document: dict[str, Any], files: Tree, where: Places, work: Path) -> PlannedRoot:
    """Return a redacted plan with what Checkov says of it, each thing where it is written."""
    text = json.dumps(document, separators=(",", ":"))
    if len(text) > planned.MAX_DOCUMENT_BYTES:
        raise CannotPlan(f"Its plan has {len(text):,} bytes, more than the {planned.MAX_DOCUMENT_BYTES:,} allowed.")
    written = work / "redacted.json"
    written.write_text(text)
    found, statements = plan_records.findings(written, files, dict(where))
    own, told = _own_rules(document, files, dict(where))
    return PlannedRoot(
        root=files.directory,
        document=document,
        places=where,
        findings=(*found, *own),
        statements=(*statements, *told),
    )


def _own_rules(
    document: dict[str, Any], files: Tree, where: Mapping[str, Place]
) -> tuple[tuple[Finding, ...], tuple[NotExamined, ...]]:
    code = Directory(path=files.directory, files=files.originals())
    try:
        found = run_concepts(read(document, approximate=True), where, code)
    except MemoryError:
        raise
    except Exception as error:  # noqa: BLE001 (as with Checkov: the other answers are still good)
        why = f"Our rules stopped with {type(error).__name__} on the plan: the code was looked at, the plan was not."
        return (), (NotExamined(what=f"{files.directory or '.'} (plan)", why=why, blocking=False),)
    return tuple(replace(finding, evidence=evidence.fold(finding.evidence)) for finding in found), ()


def _sensitive(schemas: tuple[ProviderSchema, ...]) -> SensitivePaths:
    """The attributes of each type that its schema, or our own table, calls sensitive or write-only."""
    blocks = {type_: block for schema in schemas for type_, block in {**schema.data, **schema.resources}.items()}
    return lambda type_: sensitive(type_) | frozenset(_marked(blocks.get(type_) or {}, ""))


def _marked(block: Block, path: str) -> Iterator[str]:
    for name, attribute in (block.get("attributes") or {}).items():
        if attribute.get("sensitive") or attribute.get("write_only"):
            yield f"{path}{name}"
        yield from _marked(attribute.get("nested_type") or {}, f"{path}{name}.")
    for name, nested in (block.get("block_types") or {}).items():
        yield from _marked(nested["block"], f"{path}{name}.")
