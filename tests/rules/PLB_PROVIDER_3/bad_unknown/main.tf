terraform {
  required_providers {
    shop = {
      source  = "somebody-new/shop" # expect
      version = "~> 0.1"
    }
  }
}
