terraform {
  required_providers {
    random = {
      source  = "hashicorp/random" # expect
      version = "~> 3.6"
    }
  }
}
