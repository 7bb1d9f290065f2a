resource "google_compute_instance" "shop" {
  name = "shop"

  shielded_instance_config {
    enable_secure_boot = false # expect
  }
}
