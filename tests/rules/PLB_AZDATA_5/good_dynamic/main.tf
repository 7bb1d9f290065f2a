resource "azurerm_storage_account" "receipts" {
  name                              = "shopreceipts"
  infrastructure_encryption_enabled = true

  blob_properties {
    dynamic "delete_retention_policy" {
      for_each = var.days
      content {
        days = delete_retention_policy.value
      }
    }
  }
}

variable "days" { type = list(number) }
