resource "azurerm_mysql_flexible_server_configuration" "audit" {
  name                = "audit_log_enabled"
  resource_group_name = "shop"
  server_name         = "shop"
  value               = "OFF" # expect
}
