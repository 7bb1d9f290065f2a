resource "azurerm_mssql_database_extended_auditing_policy" "shop" {
  database_id       = "shop"
  retention_in_days = 120
}
