resource "azurerm_postgresql_server" "shop" {
  name                = "shop"
  resource_group_name = "shop"
  location            = "westeurope"
  sku_name            = "GP_Gen5_4"
  version             = "11"
}

resource "azurerm_postgresql_configuration" "connection_throttling" {
  name                = "connection_throttling"
  resource_group_name = "shop"
  server_name         = azurerm_postgresql_server.shop.name
  value               = "on"
}

resource "azurerm_postgresql_configuration" "log_checkpoints" {
  name                = "log_checkpoints"
  resource_group_name = "shop"
  server_name         = azurerm_postgresql_server.shop.name
  value               = "on"
}

resource "azurerm_postgresql_configuration" "log_connections" {
  name                = "log_connections"
  resource_group_name = "shop"
  server_name         = azurerm_postgresql_server.shop.name
  value               = "on"
}

resource "azurerm_postgresql_configuration" "log_disconnections" {
  name                = "log_disconnections"
  resource_group_name = "shop"
  server_name         = azurerm_postgresql_server.shop.name
  value               = "on"
}
