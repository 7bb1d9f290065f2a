variable "rules" { type = map(object({ port = string, source = string })) }

resource "azurerm_network_security_rule" "each" {
  for_each                    = var.rules
  name                        = each.key
  priority                    = 100
  direction                   = "Inbound"
  access                      = "Allow"
  protocol                    = "Tcp"
  source_port_range           = "*"
  destination_port_range      = each.value.port
  source_address_prefix       = each.value.source
  destination_address_prefix  = "*"
  network_security_group_name = "shop"
  resource_group_name         = "shop"
}
