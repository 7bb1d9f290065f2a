resource "azurerm_mssql_firewall_rule" "office" {
  name             = "office"
  server_id        = "shop"
  start_ip_address = "93.184.216.0"
  end_ip_address   = "93.184.216.255"
}
