resource "google_storage_bucket" "receipts" {
  name     = "shop-receipts"
  location = "EU"

  logging {
    log_bucket = "shop-logs"
  }

  dynamic "encryption" {
    for_each = var.keys
    content {
      default_kms_key_name = encryption.value
    }
  }
}

variable "keys" { type = list(string) }
