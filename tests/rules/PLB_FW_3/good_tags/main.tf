resource "google_compute_firewall" "app" {
  name        = "app"
  network     = "shop"
  source_tags = ["web"]

  allow {
    protocol = "tcp"
    ports    = ["9443"]
  }
}
