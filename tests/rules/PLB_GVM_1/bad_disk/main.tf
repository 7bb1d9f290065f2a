resource "google_compute_disk" "shop" {
  name = "shop"
  zone = "europe-west1-b"

  disk_encryption_key {
    raw_key = "b2ggbm8gdGhpcyBpcyBiYWQ=" # expect
  }
}
