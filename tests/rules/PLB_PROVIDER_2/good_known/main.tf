terraform {
  required_providers {
    aws = {
      source  = "hashicorp/aws"
      version = "~> 6.0"
    }
    mine = {
      source  = "registry.example.org/platform/aws"
      version = "1.0.0"
    }
  }
}
