"""The same front door with the real scanner behind it: Checkov, contained."""

import re

import pytest

from reviewer.scan.scanner import Scanner
from tests.world import MAX_TRIES, World, running_house, settings_for

pytestmark = pytest.mark.slow

BUCKET = 'resource "aws_s3_bucket" "logs" {\n  bucket = "logs"\n}\n'
OPEN = """resource "aws_security_group" "jump" {
  name        = "jump"
  description = "SSH to the jump host"

  ingress {
    description = "SSH"
    from_port   = 22
    to_port     = 22
    protocol    = "tcp"
    cidr_blocks = ["0.0.0.0/0"]
  }
}
"""


@pytest.fixture(scope="module")
def real_house(github_server, tmp_path_factory, modes):
    folder = tmp_path_factory.mktemp("real")
    settings = settings_for(github_server, folder)
    with (
        Scanner(settings.scan_limits, settings.sandbox, folder / "trees", 2) as scanner,
        running_house(github_server, folder, scanner, modes) as house,
    ):
        yield house


@pytest.fixture
def world(github, real_house):
    installation = github.install("acme")
    repo = github.create_repo({"main.tf": BUCKET, "README.md": "# Infrastructure\n"})
    github.webhook_url = f"{real_house.url}/webhook"
    world = World(house=real_house, github=github, installation=installation, repo=repo)
    yield world
    world.try_at_most(MAX_TRIES)
    world.check_that_redelivery_writes_nothing()
    world.check_that_every_check_concluded()
    world.check_that_nothing_secret_was_logged()


def test_open_ssh_is_commented_on_the_very_line(world):
    pull = world.review({"ssh.tf": OPEN})
    assert pull.check_run.conclusion == "failure"
    (comment,) = [comment for comment in pull.comments if "CKV_AWS_24" in comment.body]
    assert (comment.path, comment.start_line or comment.line) == ("ssh.tf", 10)
    assert "aws_security_group.jump" in comment.body


DATABASE = """resource "aws_sqs_queue" "jobs" {
  name = "jobs"
}

resource "aws_instance" "web" {
  ami           = "ami-12345678"
  instance_type = "t3.micro" # small
}
"""


def committed(text: str, comments) -> str:
    """What GitHub makes of a file when all suggestions on it are committed."""
    lines = text.splitlines(keepends=True)
    for comment in sorted(comments, key=lambda c: -c.line):
        found = re.search(r"(`{3,})suggestion\n(.*?)^\1", comment.body, re.DOTALL | re.MULTILINE)
        if found:
            lines[(comment.start_line or comment.line) - 1 : comment.line] = [found[2]]
    return "".join(lines)


def test_suggestions_that_are_committed_mend_what_they_say(world):
    world.github.push(world.repo, {".github/plumbrule.yml": "comment_at: info\n"})
    pull = world.review({"new.tf": DATABASE})
    offered = [comment for comment in pull.comments if "suggestion\n" in comment.body]
    assert {comment.path for comment in offered} == {"new.tf"}
    mended = {rule for comment in offered for rule in re.findall(r"Proved: .*?(CKV[A-Z0-9_]+)", comment.body)}
    assert mended
    world.push_to(pull, {"new.tf": committed(DATABASE, offered)})
    left = {rule for comment in pull.comments if "~~" not in comment.body for rule in mended if rule in comment.body}
    assert not left


def test_several_findings_on_one_block_are_one_suggestion(world):
    pull = world.review({"new.tf": DATABASE})
    (comment,) = [c for c in pull.comments if "aws_instance.web" in c.body.splitlines()[0]]
    assert comment.body.count("suggestion\n") == 1
    assert "http_tokens" in comment.body


def test_a_choice_of_the_policy_makes_a_fix_complete(world):
    cidr = "fixes:\n  choices:\n    private_cidr: 10.20.0.0/16\n"
    pull = world.review({"ssh.tf": OPEN})
    (comment,) = [c for c in pull.comments if "CKV_AWS_24" in c.body]
    assert "var.private_cidr" in comment.body
    world.github.push(world.repo, {".github/plumbrule.yml": cidr})
    other = world.review({"ssh.tf": OPEN})
    (comment,) = [c for c in other.comments if "CKV_AWS_24" in c.body]
    assert 'cidr_blocks = ["10.20.0.0/16"]' in comment.body


def test_a_modules_input_that_opens_it_is_introduced(world):
    module = OPEN.replace('["0.0.0.0/0"]', "var.cidrs") + 'variable "cidrs" {\n  type = list(string)\n}\n'
    call = 'module "jump" {\n  source = "./modules/jump"\n  cidrs  = ["10.0.0.0/8"]\n}\n'
    world.github.push(world.repo, {"modules/jump/main.tf": module, "jump.tf": call})
    world.work()
    pull = world.review({"jump.tf": call.replace("10.0.0.0/8", "0.0.0.0/0")})
    assert pull.check_run.conclusion == "failure"
    (comment,) = [comment for comment in pull.comments if "CKV_AWS_24" in comment.body]
    assert comment.path == "jump.tf"
    assert "module.jump" in comment.body


@pytest.mark.parametrize(
    ("path", "content"),
    [
        ("broken.tf", 'resource "x" "y" {\n  a = \n'),
        ("binary.tf", b"\x00\x01\x02\xff" * 50),
        ("deep.tf", "locals {\n  a = " + "[" * 3000 + "]" * 3000 + "\n}\n"),
        ("k8s/broken.yaml", "apiVersion: v1\nkind: Pod\nmetadata: [\n"),
        ("cfn/broken.json", '{"AWSTemplateFormatVersion": "2010-09-09", "Resources": {'),
    ],
    ids=lambda value: value if isinstance(value, str) and len(value) < 20 else "",
)
def test_what_does_not_parse_is_told_and_the_rest_is_reviewed(world, path, content):
    pull = world.review({path: content, "ssh/main.tf": OPEN})
    assert pull.check_run.conclusion == "failure"
    assert [comment.path for comment in pull.comments if "CKV_AWS_24" in comment.body] == ["ssh/main.tf"]
    told = pull.check_run.summary + (pull.check_run.text or "") + str([a.path for a in pull.check_run.annotations])
    assert path in told


def test_every_framework_is_looked_at(world):
    pull = world.review(
        {
            "Dockerfile": "FROM ubuntu:latest\nUSER root\nRUN apt-get update\nEXPOSE 22\n",
            ".github/workflows/ci.yml": "on: push\npermissions: write-all\njobs:\n  a:\n    runs-on: x\n    steps:\n"
            "      - run: echo ${{ github.event.issue.title }}\n",
            "k8s/pod.yaml": "apiVersion: v1\nkind: Pod\nmetadata:\n  name: p\nspec:\n  containers:\n  - name: c\n"
            "    image: nginx\n    securityContext:\n      privileged: true\n",
            "cfn.yaml": "AWSTemplateFormatVersion: '2010-09-09'\nResources:\n  B:\n    Type: AWS::S3::Bucket\n"
            "    Properties:\n      AccessControl: PublicRead\n",
        }
    )
    results = [result for run in pull.sarif.sarif["runs"] for result in run["results"]]
    paths = {r["locations"][0]["physicalLocation"]["artifactLocation"]["uri"] for r in results}
    assert paths >= {"Dockerfile", ".github/workflows/ci.yml", "k8s/pod.yaml", "cfn.yaml"}


def test_our_own_rules_speak(world):
    pull = world.review(
        {
            "terraform.tfstate": '{"version": 4, "terraform_version": "1.9.0", "serial": 1, "lineage": "x", '
            '"resources": [{"mode": "managed", "type": "aws_db_instance", "name": "d", "instances": []}]}',
            "m.tf": 'module "x" {\n  source = "git::https://example.com/x.git"\n}\n',
        }
    )
    text = pull.check_run.summary + "".join(comment.body for comment in pull.comments)
    assert ("PLB_STATE_1" in text, "PLB_MODULE_1" in text) == (True, True)


def test_the_default_branch_uploads_valid_sarif(world):
    world.github.push(world.repo, {"ssh.tf": OPEN})
    world.work()
    upload = world.repo.sarif_uploads[-1]
    assert upload.errors == ()
    assert "CKV_AWS_24" in {result["ruleId"] for run in upload.sarif["runs"] for result in run["results"]}


def test_tags_that_the_policy_requires_are_asked_for(world):
    policy = "comment_at: info\nrequirements:\n  required_tags: [owner]\n"
    world.github.push(world.repo, {".github/plumbrule.yml": policy})
    pull = world.review({"queue.tf": 'resource "aws_sqs_queue" "jobs" {\n  name = "jobs"\n}\n'})
    assert "aws_sqs_queue.jobs` lacks the tags owner" in "".join(comment.body for comment in pull.comments)
