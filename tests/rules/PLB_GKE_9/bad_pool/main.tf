resource "google_container_node_pool" "shop" {
  cluster = "shop"

  node_config { # expect
    machine_type = "e2-medium"
  }
}
