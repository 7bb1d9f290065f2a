resource "azurerm_mssql_virtual_network_rule" "apps" {
  name      = "apps"
  server_id = "shop"
  subnet_id = "subnet"
}
