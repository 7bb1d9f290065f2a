resource "azurerm_postgresql_configuration" "log" {
  name                = "log_disconnections"
  resource_group_name = "shop"
  server_name         = "shop"
  value               = "off" # expect
}
