terraform {
  required_providers {
    aws = {
      source  = "hashicrop/aws" # expect
      version = "~> 6.0"
    }
    local = {
      source  = "somebody/local" # expect
      version = "~> 2.0"
    }
  }
}
