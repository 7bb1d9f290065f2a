"""What checks want and what a provider allows become rows of recipes, each tried with Checkov before it is kept.

Owns which rows are right to derive. Where a value would have to be guessed there is no row, but a word about it.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from reviewer.derive import trial
from reviewer.derive.examples import Body, at, example, literal, resource, text, with_value
from reviewer.derive.wants import Unclear, Want
from reviewer.fix.schema import ONE, Schema, child

LIFECYCLE = [ONE, {"create_before_destroy": "bool", "prevent_destroy": "bool"}]
_SWITCH = re.compile(r"(?:enabled|encrypted|upgrade)$")  # providers keep some bools as text, to tell false from unset
_VERSION = re.compile(r"(?:^|_)version$")
_PROTOCOL = re.compile(r"tls|ssl|protocol|metadata")
_OPPOSITES = {
    **{"Enabled": "Disabled", "Disabled": "Enabled", "ENABLED": "DISABLED", "required": "optional"},
    **{
        "SystemAssigned": "UserAssigned",
        "IMMUTABLE": "MUTABLE",
        "Deny": "Allow",
        "Https": "Http",
        "private": "blob",
        "KMS": "AES256",
    },
    **{"1.2": "1.0", "TLS1_2": "TLS1_0", "PRIVATE_ONLY": "PUBLIC_ONLY", "azure": "kubenet", "TLS": "NONE"},
    **{"SecureString": "String", "BucketOwnerEnforced": "ObjectWriter", "STANDARD": "ALLOW_ALL"},
    **{"WORKER_IP_PRIVATE": "WORKER_IP_PUBLIC", "Standard": "Free", "standard": "free", "Require": "Optional"},
}
"""For examples only: what the value may be instead."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Derived:
    """One row to be: the edit of one want on one type, with examples."""

    want: Want
    type: str
    overlay: str
    default: str
    bad: str
    fixed: str
    note: str


def known(schema: Schema) -> Schema:
    """Return the schema with what Terraform itself allows in every resource."""
    return replace(schema, types={type_: {"lifecycle": LIFECYCLE, **inner} for type_, inner in schema.types.items()})


def derive(
    wants: Sequence[Want], schema: Schema, decided: Callable[[str, str], bool]
) -> tuple[list[Derived], list[Unclear]]:
    """Return the rows for what `wants` asks of types of `schema`, and what was left out and why.

    `decided` tells of a rule and a type that another row speaks of already.
    """
    schema = known(schema)
    candidates: list[list[Derived]] = []
    left: list[Unclear] = []
    for want in wants:
        for type_ in want.types:
            if type_ in schema.types and not decided(want.rule, type_):
                found = _candidates(want, type_, schema, wants)
                if isinstance(found, str):
                    left.append(Unclear(rule=want.rule, types=(type_,), why=found))
                else:
                    candidates.append(found)
    kept, refused = confirmed("terraform", candidates)
    return kept, left + refused


def _candidates(want: Want, type_: str, schema: Schema, wants: Sequence[Want]) -> list[Derived] | str:
    """The ways in which the examples of a row may look; why there is no row."""
    path = ".".join(want.path)
    found = child(schema, type_, want.path)
    if found is None:
        return f"{path}: the provider knows no such thing"
    kind = "bool" if found.kind == "string" and _SWITCH.search(want.path[-1]) else found.kind
    value = fitting(want.value, kind)
    if value is None:
        return f"{path}: {want.value!r} does not fit {kind}"
    if _VERSION.search(want.path[-1]) and not _PROTOCOL.search(path):
        return f"{path}: a version is nobody's to choose but the author's"
    inside, defaults, note = _around(want, type_, schema, wants)
    base = with_value(example(schema, type_, inside), want.path, None)
    overlay = text(with_value({}, want.path, literal(value)))
    wrong = fitting(_wrong(want, value), kind)
    bads = [] if found.required else [base]
    if wrong is not None:
        bads.append(_in_order(schema, type_, inside, want.path, literal(wrong)))
    if not bads:
        return f"{path}: no wrong value is known for an example"
    default_body: Body = {}
    for name, told in defaults.items():
        default_body = with_value(default_body, name, told)
    return [
        Derived(
            want=want,
            type=type_,
            overlay=overlay,
            default=text(default_body) if default_body else "",
            bad=resource(type_, bad),
            fixed=resource(type_, _fixed(bad, want.path, literal(value), defaults)),
            note=f"From {want.source}: {want.said}.{note}",
        )
        for bad in bads
    ]


def _in_order(schema: Schema, type_: str, inside: tuple[str, ...], path: tuple[str, ...], wrong: str) -> Body:
    body = example(schema, type_, inside)
    return with_value(body, path, wrong)


def _fixed(bad: Body, path: tuple[str, ...], value: str, defaults: Mapping[tuple[str, ...], str]) -> Body:
    for name, told in defaults.items():
        if at(bad, name) is None:
            bad = with_value(bad, name, told)
    return with_value(bad, path, value)


def fitting(value: Any, kind: str) -> Any:
    """Return `value` as the kind of attribute takes it, None where it does not."""
    if kind == "bool":
        return value if isinstance(value, bool) else None
    if kind == "number":
        return value if isinstance(value, int) and not isinstance(value, bool) else None
    if kind == "string":
        return value if isinstance(value, str) else None
    if kind == "list(string)":
        return value if isinstance(value, list) and all(isinstance(item, str) for item in value) else None
    return None


def _wrong(want: Want, value: Any) -> Any:
    if want.wrong is not None or isinstance(value, bool):
        return want.wrong if want.wrong is not None else not value
    return _OPPOSITES.get(value) if isinstance(value, str) else None


def _around(
    want: Want, type_: str, schema: Schema, wants: Sequence[Want]
) -> tuple[tuple[str, ...], dict[tuple[str, ...], str], str]:
    """The blocks that the example must have already, what else they need, and a word about it for the review.

    A block is only added by the edit where it needs nothing but what some check wants.
    """
    defaults: dict[tuple[str, ...], str] = {}
    inside: tuple[str, ...] = ()
    note = ""
    for depth in range(1, len(want.path)):
        here = want.path[:depth]
        block = child(schema, type_, here)
        if block is None:
            continue
        needed = [n for n, c in block.children.items() if c.required and n != want.path[depth]]
        wanted = {(*here, name): _wanted((*here, name), type_, schema, wants) for name in needed}
        if block.required:
            inside = here
        elif None in wanted.values():
            inside = here
            note = f" Only where `{'.'.join(here)}` is there: it needs {', '.join(needed)} too."
        else:
            defaults |= {name: value for name, value in wanted.items() if value is not None}
    return inside, {k: v for k, v in defaults.items() if k[: len(inside)] != inside or not inside}, note


def _wanted(path: tuple[str, ...], type_: str, schema: Schema, wants: Iterable[Want]) -> str | None:
    """What another check wants at a path: the only values that nobody has to guess."""
    kind = child(schema, type_, path)
    for want in wants:
        if want.path == path and type_ in want.types and kind is not None:
            value = fitting(want.value, kind.kind)
            return None if value is None else literal(value)
    return None


def confirmed(framework: str, candidates: Sequence[Sequence[Derived]]) -> tuple[list[Derived], list[Unclear]]:
    """Return the first of each row's candidates that Checkov confirms, and the rows of which it confirms none."""
    examples = {
        f"{row} {n} {which}": getattr(candidate, which)
        for row, some in enumerate(candidates)
        for n, candidate in enumerate(some)
        for which in ("bad", "fixed")
    }
    results = trial.results(framework, examples)
    kept, refused = [], []
    for row, some in enumerate(candidates):
        whys = [
            objection(c.want.rule, results[f"{row} {n} bad"], results[f"{row} {n} fixed"]) for n, c in enumerate(some)
        ]
        if "" in whys:
            kept.append(some[whys.index("")])
        else:
            refused.append(Unclear(rule=some[0].want.rule, types=(some[0].type,), why="; ".join(dict.fromkeys(whys))))
    return kept, refused


def objection(rule: str, bad: trial.Result, fixed: trial.Result) -> str:
    """Return what Checkov has against a pair of examples, "" for nothing."""
    mine = {key for key in bad.failed if key[0] == rule}
    new = fixed.failed - bad.failed
    if bad.unreadable or fixed.unreadable:
        return "Checkov cannot read the example"
    if not mine:
        return "Checkov does not fail the bad example"
    if not mine <= fixed.passed:
        return "Checkov does not pass the fixed example"
    return f"new findings: {', '.join(sorted(found for found, _ in new))}" if new else ""


def grouped(rows: Iterable[Derived]) -> Iterator[tuple[Derived, tuple[str, ...]]]:
    """Yield rows with all types that they serve: those of one rule with one edit become one row."""
    groups: dict[tuple[str, str, str], list[Derived]] = {}
    for row in sorted(rows, key=lambda row: (rule_order(row.want.rule), row.type)):
        groups.setdefault((row.want.rule, row.overlay, row.default), []).append(row)
    for some in groups.values():
        yield some[0], tuple(row.type for row in some)


def rule_order(rule: str) -> tuple[Any, ...]:
    """Return a key that sorts CKV_AWS_9 before CKV_AWS_10, and CKV before CKV2."""
    return tuple(int(part) if part.isdigit() else part for part in re.split(r"(\d+)", rule))
