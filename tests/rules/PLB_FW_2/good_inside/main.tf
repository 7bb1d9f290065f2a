resource "google_compute_firewall" "inside" {
  name          = "inside"
  network       = "shop"
  source_ranges = ["10.0.0.0/8"]

  allow {
    protocol = "all"
  }
}
