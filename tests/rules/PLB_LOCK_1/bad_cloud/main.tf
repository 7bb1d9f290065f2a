terraform {
  required_providers {
    google = {
      source  = "hashicorp/google"
      version = "~> 7.0"
    }
  }
}

terraform {
  cloud { # expect
    organization = "acme"
  }
}
