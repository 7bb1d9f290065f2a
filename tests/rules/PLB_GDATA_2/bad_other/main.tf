resource "google_storage_bucket" "receipts" { # expect
  name     = "shop-receipts"
  location = "EU"

  encryption {
    default_kms_key_name = google_kms_crypto_key.shop.id
  }
}

resource "google_storage_bucket" "photos" {
  name     = "shop-photos"
  location = "EU"

  logging {
    log_bucket = "shop-logs"
  }

  encryption {
    default_kms_key_name = google_kms_crypto_key.shop.id
  }
}
