resource "google_storage_bucket" "receipts" { # expect
  name     = "shop-receipts"
  location = "EU"

  encryption {
    default_kms_key_name = google_kms_crypto_key.shop.id
  }
}
