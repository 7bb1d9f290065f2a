resource "azurerm_mssql_firewall_rule" "azure" {
  name             = "azure"
  server_id        = "shop"
  start_ip_address = "0.0.0.0" # expect
  end_ip_address   = "0.0.0.0"
}
