resource "google_container_node_pool" "shop" {
  cluster = "shop"

  network_config {
    enable_private_nodes = false # expect
  }
}
