resource "azurerm_postgresql_server" "shop" {
  name                = "shop"
  resource_group_name = "shop"
  location            = "westeurope"
  sku_name            = "GP_Gen5_4"
  version             = "11"
}

resource "azurerm_postgresql_configuration" "each" {
  for_each            = var.parameters
  name                = each.key
  resource_group_name = "shop"
  server_name         = azurerm_postgresql_server.shop.name
  value               = each.value
}

variable "parameters" { type = map(string) }
