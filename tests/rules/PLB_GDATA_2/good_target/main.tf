resource "google_storage_bucket" "receipts" {
  name     = "shop-receipts"
  location = "EU"

  encryption {
    default_kms_key_name = google_kms_crypto_key.shop.id
  }

  logging {
    log_bucket = google_storage_bucket.records.name
  }
}

resource "google_storage_bucket" "records" {
  name     = "shop-records"
  location = "EU"

  encryption {
    default_kms_key_name = google_kms_crypto_key.shop.id
  }
}
