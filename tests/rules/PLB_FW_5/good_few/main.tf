resource "google_compute_firewall" "few" {
  name          = "few"
  network       = "shop"
  source_ranges = ["10.0.0.0/8"]

  allow {
    protocol = "tcp"
    ports    = ["8000-8010"]
  }
}
