resource "google_compute_firewall" "range" {
  name          = "range"
  network       = "shop"
  source_ranges = ["10.0.0.0/8"]

  allow { # expect
    protocol = "tcp"
    ports    = ["22", "8000-9000"]
  }
}
