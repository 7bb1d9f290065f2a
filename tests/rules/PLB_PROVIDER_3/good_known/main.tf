terraform {
  required_providers {
    cloudflare = {
      source  = "cloudflare/cloudflare"
      version = "~> 5.0"
    }
    trusted = {
      source  = "trusted-team/shop"
      version = "~> 1.0"
    }
  }
}
