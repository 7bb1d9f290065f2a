variable "offices" { type = list(string) }

resource "azurerm_network_security_rule" "database" {
  name                        = "database"
  priority                    = 100
  direction                   = "Inbound"
  access                      = "Allow"
  protocol                    = "Tcp"
  source_port_range           = "*"
  destination_port_ranges     = ["5432", "6379"]
  source_address_prefixes     = var.offices
  destination_address_prefix  = "*"
  network_security_group_name = "shop"
  resource_group_name         = "shop"
}
