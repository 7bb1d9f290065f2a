resource "azurerm_mssql_server" "shop" { # expect
  name                = "shop"
  resource_group_name = "shop"
  location            = "westeurope"
  version             = "12.0"
}
