resource "google_compute_instance_template" "shop" {
  name         = "shop"
  machine_type = "e2-small"

  shielded_instance_config { # expect
    enable_vtpm                 = true
    enable_integrity_monitoring = true
  }
}
