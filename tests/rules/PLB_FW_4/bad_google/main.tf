resource "google_compute_firewall" "out" {
  name               = "out"
  network            = "shop"
  direction          = "EGRESS"
  destination_ranges = ["0.0.0.0/0"]

  allow { # expect
    protocol = "tcp"
    ports    = ["443"]
  }
}
