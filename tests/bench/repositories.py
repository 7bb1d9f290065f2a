"""What the benchmark measures on: a made-up organization's repository of any size, or a real one."""

from __future__ import annotations

import subprocess
import tarfile
from io import BytesIO
from pathlib import Path

Files = dict[str, str | bytes]

MODULE = """\
variable "name" {{
  type = string
}}

resource "aws_s3_bucket" "this" {{
  bucket = "${{var.name}}-{index}"
}}

resource "aws_sqs_queue" "this" {{
  name = "${{var.name}}-{index}"
}}

resource "aws_dynamodb_table" "this" {{
  name         = "${{var.name}}-{index}"
  billing_mode = "PAY_PER_REQUEST"
  hash_key     = "id"

  attribute {{
    name = "id"
    type = "S"
  }}
}}
"""

ROOT = """\
locals {{
  environment = "team-{index}"
}}

module "store" {{
  source = "../../modules/store-{module}"
  name   = local.environment
}}
"""

SERVICE = """\
resource "aws_security_group" "service_{index}" {{
  name        = "service-{index}"
  description = "Service {index}"
  vpc_id      = "vpc-0a1b2c3d"

  ingress {{
    description = "HTTPS from inside"
    from_port   = 443
    to_port     = 443
    protocol    = "tcp"
    cidr_blocks = ["10.0.0.0/8"]
  }}
}}

resource "aws_instance" "service_{index}" {{
  ami                    = "ami-0123456789abcdef0"
  instance_type          = "t3.micro"
  vpc_security_group_ids = [aws_security_group.service_{index}.id]
}}

resource "aws_cloudwatch_log_group" "service_{index}" {{
  name = "/service/{index}"
}}
"""

DEPLOYMENT = """\
apiVersion: apps/v1
kind: Deployment
metadata:
  name: service-{index}
spec:
  selector:
    matchLabels: {{app: service-{index}}}
  template:
    metadata:
      labels: {{app: service-{index}}}
    spec:
      containers:
        - name: app
          image: registry.example.com/service:{index}
"""


INSECURE = """\
resource "aws_s3_bucket" "bench_{number}" {{
  bucket = "bench-{number}"
}}

resource "aws_security_group" "bench_{number}" {{
  name = "bench-{number}"

  ingress {{
    from_port   = 22
    to_port     = 22
    protocol    = "tcp"
    cidr_blocks = ["0.0.0.0/0"]
  }}
}}

resource "aws_ebs_volume" "bench_{number}" {{
  availability_zone = "eu-central-1a"
  size              = 10
}}
"""


def made_up(roots: int) -> Files:
    """Return a repository of `roots` Terraform roots, each with six services, sharing a module with nine others."""
    files: Files = {"README.md": "# infrastructure\n"}
    modules = max(1, roots // 10)
    for index in range(modules):
        files[f"modules/store-{index}/main.tf"] = MODULE.format(index=index)
    for index in range(roots):
        files[f"teams/{index:04d}/main.tf"] = ROOT.format(index=index, module=index % modules)
        files[f"teams/{index:04d}/services.tf"] = "\n".join(SERVICE.format(index=n) for n in range(6))
        files[f"deploy/{index:04d}/deployment.yaml"] = DEPLOYMENT.format(index=index)
        files[f"docs/{index:04d}.md"] = f"# Team {index}\n" * 50
    return files


def of_checkout(path: Path) -> Files:
    """Return what HEAD of the repository at `path` holds: regular files of up to 4 MiB."""
    archive = subprocess.run(["git", "-C", path, "archive", "HEAD"], capture_output=True, check=True).stdout
    with tarfile.open(fileobj=BytesIO(archive)) as tar:
        members = [m for m in tar.getmembers() if m.isfile() and m.size < 4 << 20]
        return {member.name: tar.extractfile(member).read() for member in members}  # type: ignore[union-attr]


def write(files: Files, folder: Path) -> None:
    """Write `files` under `folder`, for the plain command line."""
    for name, content in files.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content if isinstance(content, bytes) else content.encode())


def changed_file(files: Files) -> str:
    """Return the Terraform file that the measured pull requests change: one of a module, else the smallest there is."""
    terraform = sorted((name for name in files if name.endswith(".tf")), key=lambda name: (len(files[name]), name))
    if not terraform:
        raise SystemExit("bench: the repository has no Terraform file to change")
    return next((name for name in terraform if "modules/" in name and files[name]), terraform[0])


def changed(files: Files, number: int) -> Files:
    """Return the change of pull request `number`: one more resource in one module."""
    name = changed_file(files)
    content = files[name]
    before = content.decode() if isinstance(content, bytes) else content
    return {name: f'{before}\nresource "aws_sns_topic" "bench_{number}" {{\n  name = "bench-{number}"\n}}\n'}


def insecure(files: Files, number: int) -> Files:
    """Return a change that brings findings, most of which can be mended: a new file in the changed file's directory."""
    folder = changed_file(files).rpartition("/")[0]
    return {f"{folder}/bench_{number}.tf".lstrip("/"): INSECURE.format(number=number)}
