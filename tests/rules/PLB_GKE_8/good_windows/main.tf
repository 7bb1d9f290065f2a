resource "google_container_node_pool" "shop" {
  cluster = "shop"

  node_config {
    machine_type = "e2-medium"
    service_account = google_service_account.nodes.email
    image_type      = "WINDOWS_LTSC_CONTAINERD"
  }
}
