resource "azurerm_mssql_firewall_rule" "provider" {
  name             = "provider"
  server_id        = "shop"
  start_ip_address = "93.184.0.0" # expect
  end_ip_address   = "93.184.255.255"
}
