resource "google_container_cluster" "shop" {
  name     = "shop"
  location = "europe-west1"

  network_policy {
    enabled = false # expect
  }
}
