resource "google_storage_bucket" "receipts" {
  name     = "shop-receipts"
  location = "EU"

  logging {
    log_bucket = "shop-logs"
  }

  encryption {
    default_kms_key_name = google_kms_crypto_key.shop.id
  }
}
