provider "aws" {
  region = "eu-central-1"
  default_tags {
    tags = {
      owner = "shop"
    }
  }
}

resource "aws_ecs_cluster" "shop" { # expect
  name = "shop"
  setting {
    name  = "containerInsights"
    value = "enabled"
  }
}
