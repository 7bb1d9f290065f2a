resource "google_compute_firewall" "ping" {
  name          = "ping"
  network       = "shop"
  source_ranges = ["0.0.0.0/0"]

  allow { # expect
    protocol = "icmp"
  }
}
