terraform {
  required_providers {
    shop = {
      source  = "registry.example.org/platform/shop"
      version = "~> 1.0"
    }
  }
}
