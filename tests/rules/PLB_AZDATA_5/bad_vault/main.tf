resource "azurerm_key_vault" "shop" {
  name                       = "shop"
  purge_protection_enabled   = true
  soft_delete_retention_days = 3 # expect
}
