resource "azurerm_postgresql_flexible_server" "shop" {
  name                = "shop"
  administrator_login = "postgres" # expect
}
