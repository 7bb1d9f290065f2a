locals {
  days = 7
}

resource "azurerm_mssql_server_security_alert_policy" "shop" {
  resource_group_name = "shop"
  server_name         = "shop"
  state               = "Enabled"
  retention_days      = local.days # expect
}
