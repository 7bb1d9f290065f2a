resource "azurerm_mysql_flexible_server_firewall_rule" "azure" {
  name                = "azure"
  resource_group_name = "shop"
  server_name         = "shop"
  start_ip_address    = "0.0.0.0" # expect
  end_ip_address      = "0.0.0.0"
}
