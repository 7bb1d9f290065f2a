"""Plans through the front door: the real Terraform, contained, and what of it stands on the pull request."""

from __future__ import annotations

import io
import json
import os
import zipfile

import pytest

from reviewer.scan.scanner import PlanTools, Scanner
from reviewer.settings import plan_program
from tests.world import MAX_TRIES, World, running_house, settings_for

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(plan_program(os.environ) is None, reason="no terraform or tofu on this machine"),
]

MODULE = """variable "name" {}
variable "acl" { default = "private" }
resource "aws_s3_bucket" "this" {
  bucket = var.name
}
resource "aws_s3_bucket_acl" "this" {
  bucket = aws_s3_bucket.this.id
  acl    = var.acl
}
"""
PROD = """module "bucket" {
  for_each = { site = "private", logs = "private" }
  source   = "../../modules/bucket"
  name     = "acme-${each.key}"
  acl      = each.value
}

resource "aws_dynamodb_table" "orders" {
  name         = "orders"
  hash_key     = "id"
  billing_mode = "PAY_PER_REQUEST"
  attribute {
    name = "id"
    type = "S"
  }
}
"""
NO_TABLES = """package acme.tables
deny[reason] {
    resource := input.resource_changes[_]
    resource.change.actions[_] == "delete"
    reason := sprintf("%s must not be destroyed", [resource.address])
}
"""
RANDOM = 'resource "random_password" "x" {\n  length = 12\n}\n'


@pytest.fixture(scope="module")
def planning_house(github_server, tmp_path_factory, modes):
    folder = tmp_path_factory.mktemp("plan")
    settings = settings_for(github_server, folder)
    tools = PlanTools(program=plan_program(os.environ))
    with (
        Scanner(settings.scan_limits, settings.sandbox, folder / "trees", 2, tools) as scanner,
        running_house(github_server, folder, scanner, modes) as house,
    ):
        yield house


@pytest.fixture
def world(github, planning_house):
    installation = github.install("acme")
    files = {"modules/bucket/main.tf": MODULE, "envs/prod/main.tf": PROD, "other/main.tf": RANDOM}
    repo = github.create_repo(files)
    github.webhook_url = f"{planning_house.url}/webhook"
    world = World(house=planning_house, github=github, installation=installation, repo=repo)
    yield world
    world.try_at_most(MAX_TRIES)
    world.check_that_redelivery_writes_nothing()
    world.check_that_every_check_concluded()
    world.check_that_nothing_secret_was_logged()


def test_what_only_the_plan_shows_stands_on_the_line_that_causes_it(world):
    pull = world.review({"envs/prod/main.tf": PROD.replace('site = "private"', 'site = "public-read"')})
    (comment,) = [comment for comment in pull.comments if "PLB_PLAN_PUBLIC" in comment.body]
    assert comment.path == "envs/prod/main.tf"
    assert comment.line == 2
    assert 'module.bucket["site"].aws_s3_bucket_acl.this' in comment.body
    assert "approximate plan" in comment.body
    assert pull.check_run.conclusion == "failure"
    assert "**What changes** (approximate plan, `envs/prod`): 1 to update" in pull.check_run.summary


def test_a_table_that_goes_is_told_with_the_organizations_policy(world):
    world.github.push(world.repo, {".github/plumbrule/tables.rego": NO_TABLES}, tell=False)
    pull = world.review({"envs/prod/main.tf": PROD.partition("resource")[0]})
    bodies = "\n".join(comment.body for comment in pull.comments)
    assert "PLB_PLAN_DATA_1" in bodies
    assert "must not be destroyed" in bodies
    assert "**1 to destroy: `aws_dynamodb_table.orders`**" in pull.check_run.summary


def test_a_change_of_nothing_that_is_planned_says_nothing_of_plans(world):
    pull = world.review({"README.md": "# Hello\n"})
    assert "plan" not in pull.check_run.summary


def test_a_root_that_cannot_be_planned_is_reviewed_by_its_code_and_says_why(world):
    unknown = 'resource "aws_sqs_queue" "q" {\n  for_each = toset([random_password.x.result])\n  name = each.key\n}\n'
    pull = world.review({"other/queues.tf": unknown})
    assert "not planned" in pull.check_run.summary
    assert "`other`" in pull.check_run.summary
    assert "for_each" in pull.check_run.summary
    assert pull.check_run.conclusion == "success"


def test_a_policy_that_uses_what_the_engine_lacks_blocks_and_names_it(world):
    text = 'package a\ndeny[msg] {\n  response := http.send({"method": "get", "url": "http://x"})\n  msg := "x"\n}\n'
    world.github.push(world.repo, {".github/plumbrule/a.rego": text}, tell=False)
    pull = world.review({"envs/prod/main.tf": PROD.replace("orders", "orders2")})
    assert pull.check_run.conclusion == "failure"
    assert "http.send" in pull.check_run.summary


def test_the_plan_of_the_workflow_counts_more_and_its_secrets_go_nowhere(world):
    secret = "sup3r-s3cret-" + "value-9f31"
    change = {
        "address": "aws_dynamodb_table.orders",
        "mode": "managed",
        "type": "aws_dynamodb_table",
        "name": "orders",
        "provider_name": "registry.terraform.io/hashicorp/aws",
        "change": {
            "actions": ["delete", "create"],
            "before": {"name": "orders", "password": secret},
            "after": {"name": "orders2", "password": secret},
            "after_unknown": {},
            "before_sensitive": {"password": True},
            "after_sensitive": {"password": True},
            "replace_paths": [["name"]],
        },
    }
    document = {
        "format_version": "1.2",
        "terraform_version": "1.11.4",
        "planned_values": {"root_module": {}},
        "resource_changes": [change],
        "resource_drift": [{**change, "change": {**change["change"], "actions": ["update"], "replace_paths": []}}],
        "configuration": {"root_module": {}},
    }
    archive = io.BytesIO()
    with zipfile.ZipFile(archive, "w") as made:
        made.writestr("envs/prod/plan.json", json.dumps(document))
    workflow = "on: pull_request\njobs: {}\n"
    world.github.push(world.repo, {".github/workflows/plan.yml": workflow}, tell=False)
    pull = world.open_pull_request({"envs/prod/main.tf": PROD.replace('"orders"', '"orders2"')}, tell=False)
    world.github.run_workflow(pull, {"tfplan": archive.getvalue()}, tell=False)
    world.github.make_ready(pull)
    world.work()
    assert "plan of your workflow" in pull.check_run.summary
    assert "**1 to replace: `aws_dynamodb_table.orders`**" in pull.check_run.summary
    assert "1 resource changed outside of Terraform" in pull.check_run.summary
    assert "PLB_PLAN_DRIFT_1" not in pull.check_run.summary, "drift is nothing that this change introduced"
    told = pull.check_run.summary + "".join(comment.body for comment in pull.comments)
    assert secret not in told


def test_a_module_that_two_environments_share_is_told_once(world):
    call = 'module "bucket" {\n  source = "../../modules/bucket"\n  name   = "acme"\n}\n'
    world.github.push(world.repo, {"envs/dev/main.tf": call, "envs/prod/main.tf": call}, tell=False)
    versioned = MODULE.replace("  bucket = var.name\n", "  bucket = var.name\n  force_destroy = true\n")
    pull = world.review({"modules/bucket/main.tf": versioned})
    assert pull.check_run.summary.count("A change of a shared module reaches") == 1
    assert "`envs/dev`" in pull.check_run.summary
    assert "`envs/prod`" in pull.check_run.summary
