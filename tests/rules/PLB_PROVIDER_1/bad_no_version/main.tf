terraform {
  required_providers {
    aws = { # expect
      source = "hashicorp/aws"
    }
  }
}
