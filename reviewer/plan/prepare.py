"""A Terraform root becomes a private copy that `terraform plan` can read without backend, network or providers.

Pure: repository files in, the files of the copy and what is to be known beside them out. Runs in the contained child.

The copy needs no `terraform init`: there is no backend in it, modules stand in `modules` (TF_DATA_DIR/modules/
modules.json), and every provider in `providers` is attached. Should a backend ever be left in it, `plan` stops and asks
for `init`.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from reviewer.model import NotExamined


@dataclass(frozen=True, slots=True, kw_only=True)
class PlanSettings:
    """What the policy says of a root. `var_files`: repository paths, later ones win."""

    workspace: str = "default"
    var_files: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class ProviderUse:
    """A provider that some module of the root uses, under the name that this module gives it."""

    local_name: str
    source: str  # registry.terraform.io/hashicorp/aws


@dataclass(frozen=True, slots=True, kw_only=True)
class Prepared:
    """All that is needed to plan one root. `files` and `modules` are written below a directory of their own."""

    files: Mapping[str, bytes]  # path relative to the top of the copy
    root: str  # directory of the root in it: where terraform runs
    modules: bytes  # text of TF_DATA_DIR/modules/modules.json
    providers: tuple[ProviderUse, ...] = ()  # the built-in one is not among them
    inferred: Mapping[str, Any] = field(default_factory=dict)
    """source -> {"resource_schemas": {type: {"block": ...}}, "data_source_schemas": {...}}, as `providers schema`."""
    statements: tuple[NotExamined, ...] = ()  # what the plan will not know; none of them blocks
    moved: tuple[tuple[str, str], ...] = ()  # `moved` blocks: (from, to), with the module they are in
    neutral: tuple[str, ...] = ()  # variables of the root whose values are made up
    names: Mapping[str, str] = field(default_factory=dict)  # path in the copy -> repository, where they differ
