"""Terraform or OpenTofu, run on a prepared copy: `plan` and `show`, with an environment that holds nothing.

Owns the command lines, the layout of the working folder and which of Terraform's words may be repeated: its errors
quote values, so of them only what kind it is and where. Runs in the contained child; the copy is hostile.
"""

from __future__ import annotations

import json
import posixpath
import re
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from reviewer import process
from reviewer.plan.prepare import Prepared
from reviewer.plan.provider import MOST_INSTANCES, TOO_MANY
from reviewer.plan.reading import CannotPlan

MAX_OUTPUT = 64 << 20
VERSION_SECONDS = 20.0

_NO_NETWORK = """disable_checkpoint = true
provider_installation {{
  filesystem_mirror {{
    path = "{empty}"
  }}
}}
"""
"""A configuration by which no provider can be installed: whatever is not attached does not exist."""

_VERSION = re.compile(r"(Terraform|OpenTofu) v1\.\d+\.\d+[\w.-]{0,30}")
_QUOTED = re.compile(r'"[^"]*"|\'[^\']*\'')
KINDS = frozenset(
    kind.strip()
    for kind in """
    Argument definition required
    Argument or block definition required
    Ambiguous move statements
    Attempt to get attribute from null value
    Attempt to index null value
    Attribute redefined
    Call to unknown function
    Conflicting configuration arguments
    Cross-package move statement
    Duplicate "" configuration block
    Duplicate data "" configuration
    Duplicate local value definition
    Duplicate module call
    Duplicate output definition
    Duplicate provider configuration
    Duplicate required providers configuration
    Duplicate resource "" configuration
    Duplicate variable declaration
    Error in function call
    Extra characters after interpolation expression
    Failed to load plugin schemas
    Function calls not allowed
    Incorrect attribute value type
    Incorrect condition type
    Insufficient "" blocks
    Inconsistent conditional result types
    Instance cannot be destroyed
    Invalid attribute name
    Invalid block definition
    Invalid character
    Invalid count argument
    Invalid data source
    Invalid default value for variable
    Invalid dynamic for_each value
    Invalid expression
    Invalid for_each argument
    Invalid for_each set argument
    Invalid function argument
    Invalid index
    Invalid multi-line string
    Invalid operand
    Invalid provider configuration
    Invalid provider reference
    Invalid reference
    Invalid resource type
    Invalid template interpolation value
    Invalid use of ephemeral value
    Invalid value for input variable
    Invalid value for variable
    Invalid variable name
    Iteration over non-iterable value
    Iteration over null value
    Missing item separator
    Missing newline after argument
    Missing required argument
    Missing resource instance key
    Module is incompatible with count, for_each, and depends_on
    Module not found
    Module not installed
    Moved object still exists
    No value for required variable
    Not enough function arguments
    Operation failed
    Output refers to sensitive values
    Provider configuration not present
    Reference to undeclared input variable
    Reference to undeclared local value
    Reference to undeclared module
    Reference to undeclared resource
    Reference to undeclared output value
    Required variable not set
    Resource instance has multiple
    Resource postcondition failed
    Resource precondition failed
    Module output value precondition failed
    Self-referential block
    Sensitive value in for_each
    Too many function arguments
    Unclosed configuration block
    Unknown variable
    Unreadable module directory
    Unsuitable value type
    Unsupported argument
    Unsupported attribute
    Unsupported block type
    Unsupported operator
    Variables not allowed
    """.strip().splitlines()
)
"""Summaries of Terraform's errors that say nothing of values; those with a name in quotes are kept without it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Budget:
    """What one plan may use. `until` is of time.monotonic()."""

    until: float
    wall_seconds: int  # of the whole work, as it is set
    memory_mb: int


def version(program: Path, folder: Path) -> str:
    """Return what `program` says it is: "Terraform v1.11.4". Raises ProgramFailed, or CannotPlan when it is neither."""
    env = {"CHECKPOINT_DISABLE": "1", "HOME": str(folder)}
    done = process.run_confined(
        [str(program), "version"], env=env, cwd=folder, timeout=VERSION_SECONDS, max_output=1 << 16
    )
    found = _VERSION.match(done.stdout.decode("utf-8", "replace"))
    if done.returncode != 0 or not found:
        raise CannotPlan("it does not say that it is Terraform 1 or OpenTofu 1")
    return found[0]


def lay_out(folder: Path, prepared: Prepared) -> None:
    """Write the copy and what Terraform needs beside it into an empty folder."""
    for path, content in prepared.files.items():
        target = folder / "copy" / path
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_bytes(content)
    (folder / "copy" / prepared.root).mkdir(parents=True, exist_ok=True)
    (folder / "data" / "modules").mkdir(parents=True)
    (folder / "data" / "modules" / "modules.json").write_bytes(prepared.modules)
    (folder / "empty").mkdir()
    (folder / "terraform.rc").write_text(_NO_NETWORK.format(empty=folder / "empty"))


def plan(
    program: Path, folder: Path, prepared: Prepared, *, workspace: str, providers: str, budget: Budget
) -> dict[str, Any]:
    """Return the plan of a copy that `lay_out` wrote, as `terraform show -json` has it.

    `providers` is for TF_REATTACH_PROVIDERS. Raises CannotPlan with a sentence for the author.
    """
    env = _environment(folder, workspace, providers, budget.memory_mb)
    where = folder / "copy" / prepared.root
    flags = ["-json", "-input=false", "-refresh=false", "-lock=false", f"-out={folder / 'plan'}"]
    planned = _run([str(program), "plan", *flags], env, where, budget)
    if planned.returncode not in (0, 1):
        raise CannotPlan("Terraform crashed on it.")
    if planned.returncode != 0:
        raise CannotPlan(_reason(planned.stdout, prepared))
    shown = _run([str(program), "show", "-json", str(folder / "plan")], env, where, budget)
    try:
        document = json.loads(shown.stdout)
    except (ValueError, RecursionError):
        raise CannotPlan("Terraform made a plan that it could not show.") from None
    if not isinstance(document, dict):
        raise CannotPlan("Terraform made a plan that it could not show.")
    if len(document.get("resource_changes") or ()) > MOST_INSTANCES:
        raise CannotPlan(_TOO_MANY)
    return document


_TOO_MANY = f"It has more than {MOST_INSTANCES:,} resource instances, more than are planned."


_OUT_OF_TIME = (
    "Terraform did not finish its plan in the time that it has; does it make very many instances or values? "
    "(SCAN_TIMEOUT_SECONDS is {seconds})"
)


def _environment(folder: Path, workspace: str, providers: str, memory_mb: int) -> dict[str, str]:
    return {
        "HOME": str(folder),
        "TMPDIR": str(folder),
        "CHECKPOINT_DISABLE": "1",
        "TF_CLI_CONFIG_FILE": str(folder / "terraform.rc"),
        "TF_DATA_DIR": str(folder / "data"),
        "TF_IN_AUTOMATION": "1",
        "TF_REATTACH_PROVIDERS": providers,
        "TF_WORKSPACE": workspace,
        "GOMEMLIMIT": f"{memory_mb * 3 // 4}MiB",
    }


def _run(argv: list[str], env: Mapping[str, str], cwd: Path, budget: Budget) -> process.Completed:
    left = budget.until - time.monotonic()
    try:
        return process.run_confined(argv, env=env, cwd=cwd, timeout=max(0.0, left), max_output=MAX_OUTPUT)
    except process.ProgramFailed as failure:
        if time.monotonic() < budget.until:
            raise CannotPlan(f"Terraform gave no plan: {failure}.") from None
        raise CannotPlan(_OUT_OF_TIME.format(seconds=budget.wall_seconds)) from None


def _reason(output: bytes, prepared: Prepared) -> str:
    """Say why there is no plan: the first error's kind and place, and how many more there are."""
    errors = list(_errors(output))
    if not errors:
        return "Terraform stopped without saying why."
    if any(error.get("summary") == TOO_MANY for error in errors):
        return _TOO_MANY
    first = errors[0]
    more = f" (and {len(errors) - 1} more)" if len(errors) > 1 else ""
    return f"Terraform stopped{_place(first, prepared)}: {_kind(first)}{more}."


def _errors(output: bytes) -> Iterator[dict[str, Any]]:
    """The errors among the lines of `terraform plan -json` (Machine-Readable UI, "Diagnostic")."""
    for line in output.splitlines():
        try:
            said = json.loads(line)
        except (ValueError, RecursionError):
            continue
        found = said.get("diagnostic") if isinstance(said, dict) else None
        if isinstance(found, dict) and found.get("severity") == "error":
            yield found


def _kind(error: Mapping[str, Any]) -> str:
    summary = _QUOTED.sub('""', str(error.get("summary"))).strip()
    if summary.startswith("Cycle"):
        return "resources depend on each other in a circle"
    if summary not in KINDS:
        return "an error"
    words = summary.replace(' ""', "")
    return words[0].lower() + words[1:]


def _place(error: Mapping[str, Any], prepared: Prepared) -> str:
    place = error.get("range")
    if not isinstance(place, dict) or not isinstance(start := place.get("start"), dict):
        return ""
    path = posixpath.normpath(posixpath.join(prepared.root, str(place.get("filename"))))
    if path not in prepared.files:
        return ""
    return f" at `{prepared.names.get(path, path)}` line {int(start.get('line') or 1)}"
