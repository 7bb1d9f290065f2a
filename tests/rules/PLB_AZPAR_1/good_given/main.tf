resource "azurerm_postgresql_flexible_server_configuration" "each" {
  for_each  = var.parameters
  name      = each.key
  server_id = "shop"
  value     = "off"
}

variable "parameters" { type = map(string) }
