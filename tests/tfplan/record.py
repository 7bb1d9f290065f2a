"""Records the plans in `recorded/` with the real terraform: `python -m tests.tfplan.record`.

Two configurations of `terraform_data`, which needs no provider: the plan that creates the first, the one that creates
the second, and the one that makes the second of the first, which is what `tfplan.compare` has to say of the other two.
"""

from __future__ import annotations

import json
import os
import subprocess
import tempfile
from pathlib import Path

RECORDED = Path(__file__).parent / "recorded"

MODULE = """
variable "value" {}
variable "password" {
  sensitive = true
  default   = "default-of-module"
}
resource "terraform_data" "in" {
  input = { value = var.value, password = var.password }
}
output "out" { value = terraform_data.in.output.value }
"""

BEFORE = """
variable "login" {
  type      = string
  sensitive = true
  default   = "hunter2secret"
}
variable "names" { default = ["a", "b"] }
resource "terraform_data" "kept" {
  input = {
    policy   = jsonencode({ Version = "2012-10-17", Statement = [{ Effect = "Allow", Action = "*", Resource = "*" }] })
    password = var.login
    ports    = [22, 443]
  }
}
resource "terraform_data" "updated" { input = "before" }
resource "terraform_data" "replaced" {
  input            = "x"
  triggers_replace = ["before"]
}
resource "terraform_data" "renamed" {
  for_each = toset(var.names)
  input    = each.key
}
resource "terraform_data" "single" { input = "counted later" }
resource "terraform_data" "counted" {
  count = 2
  input = count.index
}
resource "terraform_data" "gone" { input = "gone" }
resource "terraform_data" "into" { input = "module" }
resource "terraform_data" "keyed" {
  for_each = { old = 1, "weird\\"]key." = 2 }
  input    = each.value
}
module "m" {
  source   = "./m"
  for_each = { k = 1, l = 2 }
  value    = terraform_data.kept.id
  password = "constant-of-call"
}
output "plain" { value = "before" }
output "id" { value = module.m["k"].out }
output "login" {
  value     = var.login
  sensitive = true
}
"""

AFTER = """
variable "login" {
  type      = string
  sensitive = true
  default   = "hunter2secret"
}
variable "names" { default = ["a", "b"] }
resource "terraform_data" "kept" {
  input = {
    policy   = jsonencode({ Version = "2012-10-17", Statement = [{ Effect = "Allow", Action = "*", Resource = "*" }] })
    password = var.login
    ports    = [22, 443]
  }
}
resource "terraform_data" "updated" { input = "after" }
resource "terraform_data" "replaced" {
  input            = "x"
  triggers_replace = ["after"]
}
resource "terraform_data" "named" {
  for_each = toset(var.names)
  input    = each.key
}
resource "terraform_data" "single" {
  count = 1
  input = "counted later"
}
resource "terraform_data" "counted" {
  count = 1
  input = count.index
}
resource "terraform_data" "keyed" {
  for_each = { new = 1, "weird\\"]key." = 2 }
  input    = each.value
}
module "n" {
  source   = "./m"
  for_each = { k = 1 }
  value    = terraform_data.kept.id
  password = "constant-of-call"
}
module "one" {
  source = "./one"
}
resource "terraform_data" "made" {
  input = terraform_data.kept.id
}
moved {
  from = terraform_data.renamed
  to   = terraform_data.named
}
moved {
  from = terraform_data.keyed["old"]
  to   = terraform_data.keyed["new"]
}
moved {
  from = module.m
  to   = module.n
}
moved {
  from = terraform_data.into
  to   = module.one.terraform_data.it
}
output "plain" { value = "after" }
output "id" { value = module.n["k"].out }
output "login" {
  value     = var.login
  sensitive = true
}
check "short" {
  assert {
    condition     = length(var.names) > 100
    error_message = "too few: ${join(", ", var.names)}"
  }
}
"""

MOVED = (
    ("terraform_data.renamed", "terraform_data.named"),
    ('terraform_data.keyed["old"]', 'terraform_data.keyed["new"]'),
    ("module.m", "module.n"),
    ("terraform_data.into", "module.one.terraform_data.it"),
)

ONE = 'resource "terraform_data" "it" { input = "module" }\n'


def main() -> None:
    with tempfile.TemporaryDirectory() as scratch:
        home = Path(scratch)
        (home / "rc").write_text("")
        _write(home / "made", AFTER)
        _plan(home / "made", "head", home / "rc")
        _write(home / "changed", BEFORE)
        _plan(home / "changed", "base", home / "rc")
        _terraform(home / "changed", home / "rc", "apply", "-auto-approve", "-no-color")
        _write(home / "changed", AFTER)
        _plan(home / "changed", "change", home / "rc")


def _write(folder: Path, main: str) -> None:
    for name, text in (("main.tf", main), ("m/main.tf", MODULE), ("one/main.tf", ONE)):
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(text)


def _plan(folder: Path, name: str, configuration: Path) -> None:
    _terraform(folder, configuration, "init", "-no-color")
    _terraform(folder, configuration, "plan", "-no-color", "-out=plan")
    document = json.loads(_terraform(folder, configuration, "show", "-json", "plan"))
    document["timestamp"] = "2026-01-01T00:00:00Z"
    (RECORDED / f"{name}.json").write_text(json.dumps(document, indent=1) + "\n")


def _terraform(folder: Path, configuration: Path, *arguments: str) -> str:
    environment = {"PATH": os.environ["PATH"], "HOME": str(folder), "TF_CLI_CONFIG_FILE": str(configuration)}
    done = subprocess.run(
        ["terraform", *arguments], cwd=folder, env=environment, check=True, capture_output=True, text=True
    )
    return done.stdout


if __name__ == "__main__":
    main()
