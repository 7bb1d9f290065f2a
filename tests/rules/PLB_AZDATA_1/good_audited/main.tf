resource "azurerm_mssql_server" "shop" {
  name                = "shop"
  resource_group_name = "shop"
  location            = "westeurope"
  version             = "12.0"
}

resource "azurerm_mssql_server_extended_auditing_policy" "shop" {
  server_id        = azurerm_mssql_server.shop.id
  storage_endpoint = "https://shop.blob.core.windows.net"
}
