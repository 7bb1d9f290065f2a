provider "google" {
  project = "shop"
}

resource "google_filestore_instance" "shop" {
  name = "shop"
  tier = "BASIC_SSD"
  lifecycle {
    prevent_destroy = true
  }
}

resource "google_bigtable_instance" "shop" {
  name                = "shop"
  deletion_protection = var.protected
}
