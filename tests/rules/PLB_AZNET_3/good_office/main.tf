resource "azurerm_mssql_firewall_rule" "office" {
  name             = "office"
  server_id        = "shop"
  start_ip_address = "198.51.100.0"
  end_ip_address   = "198.51.100.255"
}
