resource "google_container_cluster" "shop" {
  name     = "shop"
  location = "europe-west1"
  datapath_provider = "ADVANCED_DATAPATH"

  master_auth {
    client_certificate_config {
      issue_client_certificate = false
    }
  }
}
