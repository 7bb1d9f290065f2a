resource "azurerm_postgresql_flexible_server_configuration" "log" {
  name      = "log_connections"
  server_id = "shop"
  value     = "on"
}
