locals {
  anybody = "0.0.0.0/0"
}

resource "azurerm_network_security_rule" "all" { # expect
  name                        = "all"
  priority                    = 100
  direction                   = "Inbound"
  access                      = "Allow"
  protocol                    = "*"
  source_port_range           = "*"
  destination_port_range      = "*"
  source_address_prefix       = local.anybody
  destination_address_prefix  = "*"
  network_security_group_name = "shop"
  resource_group_name         = "shop"
}
