"""Secrets that stand in plain in a plan: in attributes and in outputs.

A plan is redacted before a rule sees it: what looked like a secret is `(sensitive value)`, a part of a longer text
`****`. Where Terraform does not mark that place as sensitive, it would have printed the secret. Rules never see, and
never say, the secret itself.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any

from reviewer.model import PlanAction, Severity
from reviewer.rules.plan.rule import PlanHit, PlanRule, PlanView
from reviewer.rules.plan.values import leaves, listed, named, short
from reviewer.tfplan.model import OutputChange
from reviewer.tfplan.secret_names import SENSITIVE

_MOST = 50
"""Places of one resource that a message counts."""

_ALWAYS_SENSITIVE = re.compile(r"^(?:user_data|custom_data|metadata_startup_script|startup_script)", re.IGNORECASE)
"""Scripts that are kept back whatever is in them."""


def check_attributes(view: PlanView) -> Iterator[PlanHit]:
    """Yield a hit for each resource with a secret in an attribute that Terraform does not know to be one."""
    for change in view.changing():
        if change.after is None:
            continue
        before = set(_plain(change.before, change.before_sensitive)) if change.action is PlanAction.UPDATE else set()
        new = [path for path in _plain(change.after, change.after_sensitive) if path not in before]
        if new:
            yield PlanHit(
                change=change,
                attribute=str(new[0][0]),
                message=f"{named(change)} has what looks like a secret in {listed(map(_written, new))}, and nothing "
                "marks it as sensitive.",
            )


def _plain(values: Any, marks: Any) -> list[tuple[str | int, ...]]:
    """Paths of values that were redacted and are not marked."""
    found = (
        path
        for path, value in leaves(values)
        if _hid_something(value) and path and not _ALWAYS_SENSITIVE.match(str(path[0]))
    )
    return [path for path, _ in zip(found, range(_MOST), strict=False) if not _is_marked(marks, path)]


def _hid_something(value: Any) -> bool:
    return isinstance(value, str) and (SENSITIVE in value or "****" in value)


def _is_marked(marks: Any, path: tuple[str | int, ...]) -> bool:
    for step in path:
        if marks is True:
            return True
        if isinstance(marks, Mapping):
            marks = marks.get(step) if isinstance(step, str) else None
        elif isinstance(marks, list) and isinstance(step, int):
            marks = marks[step] if step < len(marks) else None
        else:
            return False
    return marks is True


def _written(path: tuple[str | int, ...]) -> str:
    """`environment[0].variables.TOKEN`, as people write it."""
    return "".join(f"[{step}]" if isinstance(step, int) else f".{short(step, 40)}" for step in path).lstrip(".")


_SECRET_NAME = re.compile(
    r"(?:^|_)(?:passw(?:or)?d|passphrase|secret|token|credentials?|private_key|api_?key|access_key|secret_key"
    r"|connection_string|kubeconfig)(?:_(?:value|string|base64|plain|text))?s?$",
    re.IGNORECASE,
)


def check_outputs(view: PlanView) -> Iterator[PlanHit]:
    """Yield a hit for each output of the root that shows a secret: by its value, or by its name."""
    for output in view.plan.outputs:
        if output.sensitive or output.action is PlanAction.DELETE or output.action is PlanAction.NO_OP:
            continue
        by_value = any(_hid_something(value) for _, value in leaves(output.after))
        if by_value or _says_secret(output):
            reason = "its value looks like a secret" if by_value else "its name says that it is a secret"
            yield PlanHit(
                name=f"output.{output.name}",
                attribute="value",
                message=f"output.{short(output.name)} is not marked as sensitive, and {reason}; every plan and apply "
                "prints it.",
            )


def _says_secret(output: OutputChange) -> bool:
    value_fits = output.unknown or (isinstance(output.after, str) and not _IS_REFERENCE.match(output.after))
    return value_fits and bool(_SECRET_NAME.search(output.name))


_IS_REFERENCE = re.compile(r"^(?:$|arn:|projects/|/subscriptions/|https?://|mock:)", re.IGNORECASE)
"""An ARN, path or address of a secret is no secret."""


RULES = (
    PlanRule(
        id="PLB_PLAN_SECRET_1",
        title="A secret stands in plain in the plan",
        severity=Severity.MEDIUM,
        why="Whoever can read the output of a plan or the log of a pipeline reads it, and the state keeps it.",
        remedy="Mark the variable or output it comes from as sensitive, or better keep it out of the state: a "
        "write-only argument with an ephemeral value, or a reference to a secret store.",
        references=(
            "https://developer.hashicorp.com/terraform/language/manage-sensitive-data",
            "https://developer.hashicorp.com/terraform/language/manage-sensitive-data/write-only",
        ),
        check=check_attributes,
    ),
    PlanRule(
        id="PLB_PLAN_SECRET_2",
        title="An output shows a secret",
        severity=Severity.HIGH,
        why="Outputs of a root that are not sensitive are printed at every plan and apply, and stay in the logs of the "
        "pipeline.",
        remedy="Set sensitive = true on the output, or leave the output out and let its reader ask the secret store.",
        references=("https://developer.hashicorp.com/terraform/language/values/outputs#sensitive",),
        check=check_outputs,
    ),
)
