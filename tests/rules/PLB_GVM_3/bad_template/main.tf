resource "google_compute_region_instance_template" "shop" {
  name   = "shop"
  region = "europe-west1"

  metadata = {
    serial-port-enable = 1 # expect
  }
}
