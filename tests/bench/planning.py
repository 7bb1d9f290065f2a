"""How long a hermetic plan takes, beside `terraform validate` on the same prepared copy, in turns."""

from __future__ import annotations

import os
import statistics
import subprocess
import tempfile
import time
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from reviewer.plan import known, provider, terraform
from reviewer.plan.prepare import PlanSettings, prepare
from reviewer.process import clean_environment, never
from reviewer.scan.scanner import PlanRequest, PlanTools, Scanner
from reviewer.scan.unit import ScanUnit, UnitFile, UnitKind
from reviewer.settings import default_scan_limits, plan_program
from tests.stack import StackFailed

TIMES = 5
RESOURCES = """\
resource "aws_s3_bucket" "b{n}" {{
  bucket = "bucket-{n}"
}}

resource "aws_security_group" "g{n}" {{
  name   = "group-{n}"
  vpc_id = "vpc-0a1b2c3d"

  ingress {{
    from_port   = 443
    to_port     = 443
    protocol    = "tcp"
    cidr_blocks = ["10.0.0.0/8"]
  }}
}}

resource "aws_sqs_queue" "q{n}" {{
  name = aws_s3_bucket.b{n}.bucket
}}

resource "aws_dynamodb_table" "t{n}" {{
  name         = "table-{n}"
  billing_mode = "PAY_PER_REQUEST"
  hash_key     = "id"

  attribute {{
    name = "id"
    type = "S"
  }}
}}

resource "aws_iam_role" "r{n}" {{
  name               = "role-{n}"
  assume_role_policy = jsonencode({{ Version = "2012-10-17", Statement = [] }})
}}
"""
A_BLOCK = 5
"""Resources in one copy of `RESOURCES`."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Times:
    """Median seconds of a plan, with what is found in it, and of `terraform validate`."""

    plan: float
    validate: float


def measured(sizes: tuple[int, ...]) -> dict[int, Times]:
    """Return the times for roots of so many resources; none where there is no Terraform."""
    program = plan_program(os.environ)
    if program is None:
        return {}
    with tempfile.TemporaryDirectory(prefix="plumbrule-bench-plan-") as folder:
        trees, tools = Path(folder, "trees"), PlanTools(program=program)
        with Scanner(default_scan_limits(os.environ), "auto", trees, 1, tools) as scanner:
            return {size: _times(scanner, program, size) for size in sizes}


def _times(scanner: Scanner, program: Path, size: int) -> Times:
    files = {"main.tf": "\n".join(RESOURCES.format(n=n) for n in range(size // A_BLOCK)).encode()}
    pairs = [(_plan(scanner, files, size), _validate(program, files)) for _ in range(TIMES)]
    plan, validate = zip(*pairs, strict=True)
    return Times(plan=statistics.median(plan), validate=statistics.median(validate))


def _plan(scanner: Scanner, files: Mapping[str, bytes], size: int) -> float:
    unit = ScanUnit(kind=UnitKind.TERRAFORM, directory="", files=tuple(UnitFile(p, p, p) for p in files))
    tree = Path(tempfile.mkdtemp(dir=scanner.trees))
    tree.chmod(0o755)
    for path, text in files.items():
        (tree / path).write_bytes(text)
    began = time.monotonic()
    planned = scanner.plan(unit, tree, PlanRequest(), never)
    took = time.monotonic() - began
    if planned.document is None or len(planned.document["resource_changes"]) != size:
        raise StackFailed(f"the plan of {size} resources failed: {planned.not_planned}")
    return took


def _validate(program: Path, files: Mapping[str, bytes]) -> float:
    prepared = prepare(files, "", PlanSettings())
    schemas = known.provider_schemas(prepared, lambda *_: None)
    with tempfile.TemporaryDirectory(prefix="plumbrule-bench-validate-") as folder:
        terraform.lay_out(Path(folder), prepared)
        with provider.serving(schemas, Path(folder)) as attached:
            environment = clean_environment(
                {
                    "HOME": folder,
                    "CHECKPOINT_DISABLE": "1",
                    "TF_CLI_CONFIG_FILE": f"{folder}/terraform.rc",
                    "TF_DATA_DIR": f"{folder}/data",
                    "TF_REATTACH_PROVIDERS": attached,
                }
            )
            began = time.monotonic()
            command = [str(program), "validate", "-no-color"]
            done = subprocess.run(command, cwd=Path(folder, "copy"), env=environment, capture_output=True, check=False)
            took = time.monotonic() - began
    if done.returncode:
        raise StackFailed(f"terraform validate failed:\n{done.stderr.decode(errors='replace')[-2000:]}")
    return took
