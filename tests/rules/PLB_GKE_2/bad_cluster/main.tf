resource "google_container_cluster" "shop" {
  name     = "shop"
  location = "europe-west1"
  datapath_provider = "ADVANCED_DATAPATH"

  private_cluster_config {
    enable_private_nodes = false # expect
  }
}
