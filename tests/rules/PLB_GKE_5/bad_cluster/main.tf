resource "google_container_cluster" "shop" {
  name     = "shop"
  location = "europe-west1"
  datapath_provider = "ADVANCED_DATAPATH"

  node_config {
    service_account = google_service_account.nodes.email

    metadata = {
      disable-legacy-endpoints = false # expect
    }
  }
}
