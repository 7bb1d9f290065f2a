resource "azurerm_mssql_server" "shop" {
  name                = "shop"
  resource_group_name = "shop"
  location            = "westeurope"
  version             = "12.0"
}

resource "azurerm_mssql_server_extended_auditing_policy" "each" {
  for_each  = var.servers
  server_id = each.value
}

variable "servers" { type = map(string) }
