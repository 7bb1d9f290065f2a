resource "azurerm_storage_account" "receipts" {
  name                              = "shopreceipts"
  resource_group_name               = "shop"
  location                          = "westeurope"
  account_tier                      = "Standard"
  account_replication_type          = "GRS"
  min_tls_version                   = "TLS1_0" # expect
  infrastructure_encryption_enabled = true
}
