resource "azurerm_postgresql_flexible_server_configuration" "tls" {
  name      = "require_secure_transport"
  server_id = "shop"
  value     = "on"
}

resource "azurerm_postgresql_flexible_server_configuration" "other" {
  name      = "log_duration"
  server_id = "shop"
  value     = "off"
}
