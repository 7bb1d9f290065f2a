resource "google_container_cluster" "shop" {
  name     = "shop"
  location = "europe-west1"
  datapath_provider = "ADVANCED_DATAPATH"
  monitoring_service = "monitoring.googleapis.com/kubernetes"
}
