resource "google_storage_bucket" "receipts" { # expect
  name     = "shop-receipts"
  location = "EU"

  logging {
    log_bucket = "shop-logs"
  }
}
