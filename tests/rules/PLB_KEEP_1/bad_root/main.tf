provider "google" {
  project = "shop"
}

resource "google_filestore_instance" "shop" { # expect
  name = "shop"
  tier = "BASIC_SSD"
}
