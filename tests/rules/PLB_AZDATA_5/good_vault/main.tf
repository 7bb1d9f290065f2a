resource "azurerm_key_vault" "shop" {
  name                       = "shop"
  soft_delete_retention_days = 90
}
