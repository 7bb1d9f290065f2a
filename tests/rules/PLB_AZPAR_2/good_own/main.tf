resource "azurerm_mysql_flexible_server" "shop" {
  name                = "shop"
  administrator_login = "kestrel17"
}
