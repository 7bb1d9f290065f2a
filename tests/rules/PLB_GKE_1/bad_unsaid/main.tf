resource "google_container_cluster" "shop" { # expect
  name     = "shop"
  location = "europe-west1"
  remove_default_node_pool = true
}
