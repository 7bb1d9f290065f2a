resource "azurerm_storage_account" "receipts" {
  name                              = "shopreceipts"
  infrastructure_encryption_enabled = true
}
