"""The vocabulary of a plan: what `terraform show -json` says, as typed values.

Names are Terraform's own (JSON Output Format, "Plan Representation" and "Change Representation").
"""

from __future__ import annotations

import enum
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from reviewer.model import PlanAction, Span

Step = str | int
"""One step of a path into a value: a key or an index."""


class Mode(enum.StrEnum):
    """Whether Terraform owns it or only reads it."""

    MANAGED = "managed"
    DATA = "data"


@dataclass(frozen=True, slots=True, kw_only=True)
class ResourceChange:
    """One resource instance before and after.

    `before` and `after` are its attributes, None where it does not exist. What is not known yet is absent from `after`
    and True in `after_unknown`, which has the shape of `after`. Sensitive values are redacted before anything else sees
    them; `before_sensitive` and `after_sensitive` mark where they were.
    """

    address: str  # module.bucket["site"].aws_s3_bucket.this[0]
    module: str = ""  # module.bucket["site"]; "" for the root module
    mode: Mode = Mode.MANAGED
    type: str
    name: str
    index: str | int | None = None
    provider: str = ""  # registry.terraform.io/hashicorp/aws
    action: PlanAction
    reason: str = ""  # action_reason, such as replace_because_cannot_update
    before: Mapping[str, Any] | None = None
    after: Mapping[str, Any] | None = None
    after_unknown: Mapping[str, Any] = field(default_factory=dict)
    before_sensitive: Mapping[str, Any] = field(default_factory=dict)
    after_sensitive: Mapping[str, Any] = field(default_factory=dict)
    replace_paths: tuple[tuple[Step, ...], ...] = ()
    previous_address: str = ""  # where a `moved` block took it from

    @property
    def config_address(self) -> str:
        """The address of the block in the configuration: without the indexes of instances."""
        return without_indexes(self.address)


@dataclass(frozen=True, slots=True, kw_only=True)
class OutputChange:
    """One output of the root module before and after."""

    name: str
    action: PlanAction
    before: Any = None
    after: Any = None
    unknown: bool = False
    sensitive: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class CheckResult:
    """A `check` block, or the conditions of a resource or output."""

    address: str
    status: str  # pass, fail, error, unknown
    problems: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """A whole plan. `approximate`: made without providers, so that defaults, replacements and data are guesses."""

    changes: tuple[ResourceChange, ...] = ()
    drift: tuple[ResourceChange, ...] = ()  # what changed outside of Terraform: resource_drift
    outputs: tuple[OutputChange, ...] = ()
    checks: tuple[CheckResult, ...] = ()
    references: tuple[tuple[str, str], ...] = ()  # (config address, config address that it refers to), both resources
    format_version: str = ""
    terraform_version: str = ""
    approximate: bool = False
    complete: bool = True  # False: made with targets or put off in part, so that more is to come


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """Where a resource of the configuration is written, and how the root comes to it."""

    block: Span
    attributes: tuple[tuple[str, Span], ...] = ()  # of the block's own attributes and nested blocks, by name
    callers: tuple[Span, ...] = ()  # the module calls that lead to it, the root's first; of the argument where known
    origins: tuple[tuple[str, Span], ...] = ()  # by attribute: a variable's default, a local or a variable file's line
    prevent_destroy: bool = False


def without_indexes(address: str) -> str:
    """Return `address` without `[0]` and `["key"]`, whatever the key holds."""
    kept: list[str] = []
    depth, quoted, escaped = 0, False, False
    for letter in address:
        if quoted:
            quoted, escaped = letter != '"' or escaped, letter == "\\" and not escaped
        elif letter == "[":
            depth += 1
        elif letter == "]" and depth:
            depth -= 1
        elif depth:
            quoted = letter == '"'
        else:
            kept.append(letter)
    return "".join(kept)
