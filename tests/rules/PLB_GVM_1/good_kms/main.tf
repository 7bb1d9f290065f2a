resource "google_compute_disk" "shop" {
  name = "shop"
  zone = "europe-west1-b"

  disk_encryption_key {
    kms_key_self_link = google_kms_crypto_key.shop.id
  }
}
