resource "google_compute_firewall" "tcp" {
  name          = "tcp"
  network       = "shop"
  source_ranges = ["10.0.0.0/8"]

  allow { # expect
    protocol = "tcp"
  }
}
