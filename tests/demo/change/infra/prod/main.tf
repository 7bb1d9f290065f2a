terraform {
  required_version = ">= 1.6"
  required_providers {
    aws = {
      source  = "hashicorp/aws"
      version = "~> 5.80"
    }
  }
}

provider "aws" {
  region = "eu-central-1"
}

module "invoices" {
  source  = "../modules/bucket"
  name    = "example-invoices"
  private = false
}

module "audit" {
  source = "git::https://example.com/platform/audit-trail.git?ref=main"
}

resource "aws_security_group" "bastion" {
  name        = "bastion"
  description = "Way in for operators"
  vpc_id      = "vpc-0a1b2c3d"

  ingress {
    description = "SSH from wherever we are"
    from_port   = 22
    to_port     = 22
    protocol    = "tcp"
    cidr_blocks = ["0.0.0.0/0"]
  }
}

resource "aws_instance" "jump" {
  ami                    = "ami-0123456789abcdef0"
  instance_type          = "t3.micro"
  vpc_security_group_ids = [aws_security_group.bastion.id]
}
