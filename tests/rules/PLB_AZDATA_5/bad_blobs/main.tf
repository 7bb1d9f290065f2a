resource "azurerm_storage_account" "receipts" {
  name                              = "shopreceipts"
  infrastructure_encryption_enabled = true

  blob_properties {
    delete_retention_policy {
      days = 1 # expect
    }
  }
}
