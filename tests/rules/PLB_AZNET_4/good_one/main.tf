resource "azurerm_mssql_firewall_rule" "runner" {
  name             = "runner"
  server_id        = "shop"
  start_ip_address = "198.51.100.7"
  end_ip_address   = "198.51.100.7"
}
