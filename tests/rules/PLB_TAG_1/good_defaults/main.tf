locals {
  tags = {
    owner       = "shop"
    cost-center = "1234"
  }
}

provider "aws" {
  region = "eu-central-1"
  default_tags {
    tags = local.tags
  }
}

resource "aws_ecs_cluster" "shop" {
  name = "shop"
  setting {
    name  = "containerInsights"
    value = "enabled"
  }
}
