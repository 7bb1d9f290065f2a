terraform {
  required_providers {
    aws = {
      source  = "hashicorp/aws" # expect
      version = "~> 3.76"
    }
    template = {
      source  = "hashicorp/template" # expect
      version = ">= 2.2"
    }
  }
}
