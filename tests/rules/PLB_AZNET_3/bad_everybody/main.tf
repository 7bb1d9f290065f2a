resource "azurerm_postgresql_flexible_server_firewall_rule" "all" {
  name             = "all"
  server_id        = "shop"
  start_ip_address = "0.0.0.0" # expect
  end_ip_address   = "255.255.255.255"
}
