"""What the warm parent scans before it is ready: no child pays for the first use of what these touch.

Ordinary code of the most common kinds. Nothing depends on what is found in it.
"""

from __future__ import annotations

ROOT = """\
terraform {
  required_version = ">= 1.5"
  backend "s3" {
    bucket = "state"
  }
}

provider "aws" {
  region = var.region
}

variable "region" {
  type    = string
  default = "eu-west-1"
}

variable "open" {
  type    = list(object({ port = number, cidr = string }))
  default = [{ port = 443, cidr = "10.0.0.0/8" }]
}

locals {
  name  = "warm-${var.region}"
  tags  = merge({ team = "a" }, { for key, value in { a = 1 } : key => tostring(value) })
  large = var.region == "eu-west-1" ? true : false
}

module "part" {
  source = "./parts"
  name   = lower(local.name)
}

data "aws_iam_policy_document" "read" {
  statement {
    actions   = ["s3:*"]
    resources = ["*"]
    principals {
      type        = "AWS"
      identifiers = ["*"]
    }
  }
}

resource "aws_iam_policy" "read" {
  name   = "read"
  policy = jsonencode({ Version = "2012-10-17", Statement = [{ Effect = "Allow", Action = "*", Resource = "*" }] })
}

resource "aws_iam_role" "role" {
  assume_role_policy = <<EOF
{"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "sts:AssumeRole", "Principal": "*"}]}
EOF
}

resource "aws_security_group" "open" {
  vpc_id = "vpc-1"
  dynamic "ingress" {
    for_each = var.open
    content {
      from_port   = ingress.value.port
      to_port     = ingress.value.port
      cidr_blocks = [ingress.value.cidr]
      protocol    = "tcp"
    }
  }
  egress {
    from_port   = 0
    to_port     = 0
    protocol    = "-1"
    cidr_blocks = ["0.0.0.0/0"]
  }
}

resource "aws_instance" "one" {
  count                  = 2
  ami                    = "ami-1"
  instance_type          = "t3.micro"
  vpc_security_group_ids = [aws_security_group.open.id]
  root_block_device {
    encrypted = false
  }
  lifecycle {
    ignore_changes = [ami]
  }
}

resource "aws_db_instance" "db" {
  #checkov:skip=CKV_AWS_16:an example
  engine              = "postgres"
  publicly_accessible = true
  password            = var.region
}

resource "aws_lambda_function" "f" {
  function_name = "f"
  role          = aws_iam_role.role.arn
}

resource "azurerm_storage_account" "a" {
  name                     = "a"
  account_tier             = "Standard"
  account_replication_type = "LRS"
}

resource "google_storage_bucket" "g" {
  name     = "g"
  location = "EU"
}

output "arn" {
  value = module.part.arn
}
"""

MODULE = """\
variable "name" {
  type = string
}

resource "aws_s3_bucket" "this" {
  bucket = "${var.name}-data"
  acl    = "public-read"
}

resource "aws_s3_bucket_public_access_block" "this" {
  bucket            = aws_s3_bucket.this.id
  block_public_acls = false
}

output "arn" {
  value = aws_s3_bucket.this.arn
}
"""

BICEP = """\
resource a 'Microsoft.Storage/storageAccounts@2021-02-01' = {
  name: 'a'
  location: 'here'
  properties: {}
}
"""

PLAN = """\
{"format_version": "1.2", "terraform_version": "1.11.4",
 "planned_values": {"root_module": {"resources": [
  {"address": "aws_s3_bucket.logs", "mode": "managed", "type": "aws_s3_bucket", "name": "logs",
   "provider_name": "registry.terraform.io/hashicorp/aws", "schema_version": 0,
   "values": {"bucket": "logs", "acl": "public-read", "tags": {"team": "a"}}, "sensitive_values": {"tags": {}}},
  {"address": "aws_iam_policy.all", "mode": "managed", "type": "aws_iam_policy", "name": "all",
   "provider_name": "registry.terraform.io/hashicorp/aws", "schema_version": 0,
   "values": {"policy": "{\\"Statement\\": [{\\"Effect\\": \\"Allow\\", \\"Action\\": \\"*\\"}]}"},
   "sensitive_values": {}}]}},
 "resource_changes": [
  {"address": "aws_s3_bucket.logs", "mode": "managed", "type": "aws_s3_bucket", "name": "logs",
   "provider_name": "registry.terraform.io/hashicorp/aws",
   "change": {"actions": ["create"], "before": null, "after": {"bucket": "logs", "acl": "public-read"},
    "after_unknown": {"id": true}, "before_sensitive": false, "after_sensitive": {}}}],
 "configuration": {"root_module": {"resources": [
  {"address": "aws_s3_bucket.logs", "mode": "managed", "type": "aws_s3_bucket", "name": "logs",
   "provider_config_key": "aws", "expressions": {"bucket": {"constant_value": "logs"}}, "schema_version": 0}]}}}
"""
"""A plan of that kind."""

FILES = {
    "main.tf": ROOT,
    "parts/main.tf": MODULE,
    "Dockerfile": "FROM scratch\nUSER root\n",
    ".github/workflows/ci.yml": (
        "name: ci\non: push\njobs:\n  a:\n    runs-on: ubuntu-latest\n    steps:\n      - run: echo ${{ github.ref }}\n"
    ),
    "pod.yaml": (
        "apiVersion: v1\nkind: Pod\nmetadata:\n  name: a\nspec:\n  containers:\n    - name: a\n      image: a:latest\n"
    ),
    "stack.yaml": "AWSTemplateFormatVersion: '2010-09-09'\nResources:\n  B:\n    Type: AWS::S3::Bucket\n",
    "arm.json": (
        '{"$schema": "https://schema.management.azure.com/schemas/2019-04-01/deploymentTemplate.json#",\n'
        '"contentVersion": "1.0.0.0", "resources": [{"type": "Microsoft.Storage/storageAccounts", "name": "a",\n'
        '"apiVersion": "2021-02-01", "location": "here", "properties": {}}]}\n'
    ),
    "api/openapi.yaml": (
        "openapi: 3.0.0\ninfo:\n  title: a\n  version: '1'\npaths:\n  /a:\n    get:\n      responses:\n        '200':\n"
        "          description: ok\n"
    ),
    "sls/serverless.yml": (
        "service: a\nprovider:\n  name: aws\n  runtime: python3.11\nfunctions:\n  f:\n    handler: a.b\n"
    ),
    "playbook.yml": (
        "- hosts: all\n  tasks:\n    - name: a\n      get_url:\n        url: http://a.invalid/\n        dest: /a\n"
    ),
}
"""Small files, by path: something of everything that is common."""
