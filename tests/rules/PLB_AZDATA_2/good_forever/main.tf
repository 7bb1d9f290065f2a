resource "azurerm_mssql_database_extended_auditing_policy" "shop" {
  database_id       = "shop"
  retention_in_days = 0
}

resource "azurerm_mssql_server_extended_auditing_policy" "shop" {
  server_id         = "shop"
  retention_in_days = var.days
}

variable "days" { default = 3 }
