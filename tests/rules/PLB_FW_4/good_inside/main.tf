resource "google_compute_firewall" "out" {
  name               = "out"
  network            = "shop"
  direction          = "EGRESS"
  destination_ranges = ["10.0.0.0/8"]

  allow {
    protocol = "all"
  }
}
