resource "google_container_cluster" "shop" {
  name     = "shop"
  location = "europe-west1"
  datapath_provider = "ADVANCED_DATAPATH"

  cluster_autoscaling {
    enabled = true

    auto_provisioning_defaults {
      service_account = "default" # expect
    }
  }
}
