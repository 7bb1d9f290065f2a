"""JSON of `terraform show -json` (or `tofu show -json`) as a `Plan`.

Owns the keys of "Plan Representation", format 1.x (https://developer.hashicorp.com/terraform/internals/json-format).
What format 1 may add is ignored; an action or mode that is not known is refused, for nobody could say what it does.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from reviewer.model import PlanAction
from reviewer.tfplan import bounds
from reviewer.tfplan.bounds import PlanFormatError, expect_list, expect_object, expect_text
from reviewer.tfplan.difference import is_partly
from reviewer.tfplan.model import CheckResult, Mode, OutputChange, Plan, ResourceChange, Step
from reviewer.tfplan.references import references

MAX_CHANGES = 20_000
"""Resource instances in one plan."""

_ACTIONS = {
    ("no-op",): PlanAction.NO_OP,
    ("create",): PlanAction.CREATE,
    ("read",): PlanAction.READ,
    ("update",): PlanAction.UPDATE,
    ("delete", "create"): PlanAction.REPLACE,
    ("create", "delete"): PlanAction.REPLACE,
    ("delete",): PlanAction.DELETE,
    ("forget",): PlanAction.FORGET,
    ("create", "forget"): PlanAction.CREATE,  # replaced, and what was there stays where it is
    ("forget", "create"): PlanAction.CREATE,
}


def read_bytes(raw: bytes, *, approximate: bool = False) -> Plan:
    """Return the plan in `raw`. Raises PlanFormatError as `bounds.parse` and `read` do."""
    return read(bounds.parse(raw), approximate=approximate)


def read(document: Any, *, approximate: bool) -> Plan:
    """Return the plan in `document`. Raises PlanFormatError naming the key and what was expected there."""
    document = bounds.check(document)
    version = read_version(document)
    if document.get("errored") is True:
        raise PlanFormatError("The plan ended with an error, so a part of it is missing; expected a whole plan.")
    entries = expect_list(document.get("resource_changes"), "resource_changes")
    deferred = expect_list(document.get("deferred_changes"), "deferred_changes")
    return Plan(
        changes=(*_changes(entries, "resource_changes"), *_deferred(deferred)),
        drift=_changes(expect_list(document.get("resource_drift"), "resource_drift"), "resource_drift"),
        outputs=tuple(_outputs(expect_object(document.get("output_changes"), "output_changes"))),
        checks=tuple(_checks(expect_list(document.get("checks"), "checks"))),
        references=references(document),
        format_version=version,
        terraform_version=_optional_text(document, "terraform_version", "terraform_version"),
        approximate=approximate,
        complete=document.get("complete") is not False and not deferred,
    )


def read_version(document: Mapping[str, Any]) -> str:
    """Return the format's version. Raises PlanFormatError for none and for one that is not 1.x."""
    if "format_version" not in document:
        raise PlanFormatError("The plan has no format_version; expected what `terraform show -json PLANFILE` prints.")
    version = expect_text(document["format_version"], "format_version")
    if version.partition(".")[0] != "1":
        raise PlanFormatError(f"format_version is {version[:40]!r}; expected 1.x.")
    if "resource_changes" not in document and "planned_values" not in document:
        raise PlanFormatError(
            "The JSON has neither resource_changes nor planned_values; expected a plan, not a state or a configuration."
        )
    return version


def _changes(entries: list[Any], where: str) -> tuple[ResourceChange, ...]:
    if len(entries) > MAX_CHANGES:
        raise PlanFormatError(f"{where} has {len(entries):,} entries; expected at most {MAX_CHANGES:,}.")
    return tuple(read_change(entry, f"{where}[{at}]") for at, entry in enumerate(entries))


def _deferred(entries: list[Any]) -> Iterable[ResourceChange]:
    """Yield the changes that Terraform puts off to a later plan, which it lists apart since 1.8."""
    for at, entry in enumerate(entries):
        where = f"deferred_changes[{at}]"
        yield read_change(expect_object(entry, where).get("resource_change"), f"{where}.resource_change")


def read_change(entry: Any, where: str) -> ResourceChange:
    """Return one entry of `resource_changes`. Raises PlanFormatError that begins with `where`."""
    if not isinstance(entry, dict):
        raise PlanFormatError(f"{where} is {bounds.kind(entry)}; expected an object.")
    change = expect_object(entry.get("change"), f"{where}.change")
    before = _attributes(change.get("before"), f"{where}.change.before")
    after = _attributes(change.get("after"), f"{where}.change.after")
    return ResourceChange(
        address=expect_text(entry.get("address"), f"{where}.address"),
        module=_optional_text(entry, "module_address", where),
        mode=_mode(entry.get("mode"), f"{where}.mode"),
        type=expect_text(entry.get("type"), f"{where}.type"),
        name=expect_text(entry.get("name"), f"{where}.name"),
        index=_index(entry.get("index"), f"{where}.index"),
        provider=_optional_text(entry, "provider_name", where),
        action=_action(change.get("actions"), f"{where}.change.actions"),
        reason=_optional_text(entry, "action_reason", where),
        before=before,
        after=after,
        after_unknown=_marks(change.get("after_unknown"), after, f"{where}.change.after_unknown"),
        before_sensitive=_marks(change.get("before_sensitive"), before, f"{where}.change.before_sensitive"),
        after_sensitive=_marks(change.get("after_sensitive"), after, f"{where}.change.after_sensitive"),
        replace_paths=_paths(change.get("replace_paths"), f"{where}.change.replace_paths"),
        previous_address=_optional_text(entry, "previous_address", where),
    )


def _attributes(value: Any, where: str) -> Mapping[str, Any] | None:
    return None if value is None else expect_object(value, where)


def _marks(value: Any, of: Mapping[str, Any] | None, where: str) -> Mapping[str, Any]:
    """Return marks by attribute. `false` marks nothing, `true` everything that is there."""
    if isinstance(value, bool):
        return dict.fromkeys(of or {}, True) if value else {}
    return expect_object(value, where)


def _mode(value: Any, where: str) -> Mode:
    if value not in ("managed", "data"):
        raise PlanFormatError(f"{where} is {_shown(value)}; expected managed or data.")
    return Mode(value)


def _action(value: Any, where: str) -> PlanAction:
    listed = expect_list(value, where)
    action = _ACTIONS.get(tuple(listed)) if all(isinstance(one, str) for one in listed) else None
    if action is None:
        raise PlanFormatError(f"{where} is {_shown(value)}; expected one of create, read, update, delete, no-op, ...")
    return action


def _index(value: Any, where: str) -> str | int | None:
    if value is None or (isinstance(value, str | int) and not isinstance(value, bool)):
        return value
    if isinstance(value, float) and value.is_integer():
        return int(value)
    raise PlanFormatError(f"{where} is {bounds.kind(value)}; expected a whole number or text.")


def _paths(value: Any, where: str) -> tuple[tuple[Step, ...], ...]:
    paths = []
    for path in expect_list(value, where):
        steps = expect_list(path, f"{where}[]")
        paths.append(tuple(step for step in steps if isinstance(step, str | int) and not isinstance(step, bool)))
    return tuple(paths)


def _outputs(changes: Mapping[str, Any]) -> Iterable[OutputChange]:
    for name, entry in changes.items():
        where = f"output_changes.{name}"
        change = expect_object(entry, where)
        yield OutputChange(
            name=name,
            action=_action(change.get("actions"), f"{where}.actions"),
            before=change.get("before"),
            after=change.get("after"),
            unknown=is_partly(change.get("after_unknown")),
            sensitive=is_partly(change.get("after_sensitive")) or is_partly(change.get("before_sensitive")),
        )


def _checks(entries: list[Any]) -> Iterable[CheckResult]:
    """Yield checks, each object of a condition apart: `module.m["k"].terraform_data.in`."""
    for at, entry in enumerate(entries):
        where = f"checks[{at}]"
        check = expect_object(entry, where)
        instances = expect_list(check.get("instances"), f"{where}.instances")
        for one in (expect_object(one, f"{where}.instances[]") for one in instances or [check]):
            problems = expect_list(one.get("problems"), f"{where}.problems")
            yield CheckResult(
                address=_displayed(one) or _displayed(check),
                status=_optional_text(one, "status", where) or _optional_text(check, "status", where),
                problems=tuple(_message(problem, f"{where}.problems[]") for problem in problems),
            )


def _displayed(entry: Mapping[str, Any]) -> str:
    return _optional_text(expect_object(entry.get("address"), "checks[].address"), "to_display", "checks[].address")


def _message(problem: Any, where: str) -> str:
    return _optional_text(expect_object(problem, where), "message", where)


def _optional_text(entry: Mapping[str, Any], key: str, where: str) -> str:
    value = entry.get(key)
    return "" if value is None else expect_text(value, f"{where}.{key}")


def _shown(value: Any) -> str:
    return repr(value)[:60]
