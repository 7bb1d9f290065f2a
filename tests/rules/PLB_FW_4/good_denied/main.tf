resource "azurerm_network_security_rule" "out" {
  name                        = "out"
  priority                    = 4000
  direction                   = "Outbound"
  access                      = "Deny"
  protocol                    = "*"
  source_port_range           = "*"
  destination_port_range      = "*"
  source_address_prefix       = "*"
  destination_address_prefix  = "*"
  network_security_group_name = "shop"
  resource_group_name         = "shop"
}
