resource "azurerm_mssql_firewall_rule" "inside" {
  name             = "inside"
  server_id        = "shop"
  start_ip_address = "10.0.0.0"
  end_ip_address   = "10.255.255.255"
}

resource "azurerm_mssql_firewall_rule" "each" {
  for_each         = var.offices
  name             = each.key
  server_id        = "shop"
  start_ip_address = each.value.first
  end_ip_address   = each.value.last
}

variable "offices" { type = map(any) }
