terraform {
  cloud {
    organization = "acme"
  }
}

resource "google_bigtable_instance" "shop" { # expect
  name                = "shop"
  deletion_protection = false
}
