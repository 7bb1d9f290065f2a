resource "google_storage_bucket" "access_logs" {
  name     = "shop-access_logs"
  location = "EU"

  encryption {
    default_kms_key_name = google_kms_crypto_key.shop.id
  }
}
