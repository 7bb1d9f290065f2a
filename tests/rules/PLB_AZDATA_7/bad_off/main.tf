resource "azurerm_storage_encryption_scope" "receipts" {
  name                               = "receipts"
  storage_account_id                 = "receipts"
  source                             = "Microsoft.Storage"
  infrastructure_encryption_required = false # expect
}
