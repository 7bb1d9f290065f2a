resource "azurerm_mssql_server_extended_auditing_policy" "shop" {
  server_id         = "shop"
  retention_in_days = 30 # expect
}
