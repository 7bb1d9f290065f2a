"""Fewer permissions for the token of a workflow, where it can be seen that they are enough.

A pure judgement on one workflow: what its jobs do. What it does not know it does not guess.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any

from reviewer.fix import yaml_splice, yaml_values
from reviewer.fix.editing import CannotEdit
from reviewer.fix.splices import Splice
from reviewer.fix.yaml_nodes import Node
from reviewer.fix.yaml_splice import Page

ONLY_READ = frozenset(
    {
        "actions/cache",
        "actions/checkout",
        "actions/download-artifact",
        "actions/setup-dotnet",
        "actions/setup-go",
        "actions/setup-java",
        "actions/setup-node",
        "actions/setup-python",
        "actions/upload-artifact",
        "astral-sh/setup-uv",
        "azure/setup-helm",
        "azure/setup-kubectl",
        "bridgecrewio/checkov-action",
        "docker/bake-action",
        "docker/build-push-action",
        "docker/login-action",
        "docker/metadata-action",
        "docker/setup-buildx-action",
        "docker/setup-qemu-action",
        "dtolnay/rust-toolchain",
        "golangci/golangci-lint-action",
        "gradle/actions",
        "hashicorp/setup-terraform",
        "opentofu/setup-opentofu",
        "pnpm/action-setup",
        "ruby/setup-ruby",
        "shivammathur/setup-php",
        "swatinem/rust-cache",
        "terraform-linters/setup-tflint",
    }
)
"""Actions that do their work with a token that can only read the repository (or with one they are given)."""

_TOKEN = re.compile(r"GITHUB_TOKEN|github\s*\.\s*token|secrets\s*:\s*inherit")
_WRITES = re.compile(r"\bgit\s+push\b|(?:^|[\s;&|(])gh\s", re.MULTILINE)


def reduced(page: Page, root: Node, wanted: Mapping[str, Any]) -> Iterator[Splice]:
    """Yield what gives a workflow the permissions `wanted`, when it has all or says nothing. Raises CannotEdit."""
    pair = next((pair for pair in root.pairs if pair.key.text == "permissions"), None)
    if pair is not None and (pair.value.kind != "scalar" or pair.value.text not in ("write-all", "")):
        return
    _enough(page, root)
    if pair is None:
        yield from yaml_splice.insert_before(page, root, "jobs", {"permissions": wanted})
    else:
        yield from yaml_splice.replace_value(page, root, pair, wanted)


def _enough(page: Page, root: Node) -> None:
    """Raise CannotEdit when a job needs more than to read, or may."""
    found = yaml_values.below(root, ("jobs",))
    for pair in found[0].pairs if found else ():
        job, name = yaml_values.followed(pair.value), pair.key.text[:60]
        if job.get("permissions") is not None:
            continue
        if job.get("uses") is not None:
            raise CannotEdit(f"Job `{name}` calls another workflow; which permissions that needs it says itself.")
        if _TOKEN.search(page.text, pair.key.start, pair.end):
            raise CannotEdit(f"Job `{name}` uses the workflow's token; which permissions it needs only you know.")
        for step in (step for steps in yaml_values.below(job, ("steps",)) for step in steps.items):
            _step_only_reads(name, yaml_values.followed(step))


def _step_only_reads(job: str, step: Node) -> None:
    run, uses = step.get("run"), step.get("uses")
    if run is not None and _WRITES.search(yaml_values.followed(run).text):
        raise CannotEdit(f"Job `{job}` writes to the repository on line {run.line}; give that job its own permissions.")
    action = (
        "/".join(yaml_values.followed(uses).text.partition("@")[0].lower().split("/")[:2]) if uses is not None else ""
    )
    if action and action not in ONLY_READ:
        line = step.line
        raise CannotEdit(f"Job `{job}` uses `{action[:80]}` on line {line}, which may need more than to read.")
