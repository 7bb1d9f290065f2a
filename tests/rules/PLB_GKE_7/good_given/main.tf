resource "google_container_node_pool" "shop" {
  cluster = "shop"

  node_config {
    machine_type = "e2-medium"
    service_account = google_service_account.nodes.email

    workload_metadata_config {
      mode = var.mode
    }
  }
}

variable "mode" { default = "GCE_METADATA" }
