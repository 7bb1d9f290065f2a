resource "azurerm_storage_account" "receipts" { # expect
  name                     = "shopreceipts"
  resource_group_name      = "shop"
  location                 = "westeurope"
  account_tier             = "Standard"
  account_replication_type = "GRS"
}
