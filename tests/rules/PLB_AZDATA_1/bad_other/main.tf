resource "azurerm_mssql_server" "shop" { # expect
  name                = "shop"
  resource_group_name = "shop"
  location            = "westeurope"
  version             = "12.0"
}

resource "azurerm_mssql_server_extended_auditing_policy" "other" {
  server_id = azurerm_mssql_server.other.id
}
