resource "google_container_cluster" "shop" {
  name     = "shop"
  location = "europe-west1"
  datapath_provider = "ADVANCED_DATAPATH"
  remove_default_node_pool = true

  node_config {
    machine_type = "e2-small"
  }
}
