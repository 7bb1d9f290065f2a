resource "azurerm_network_security_group" "shop" {
  name                = "shop"
  location            = "westeurope"
  resource_group_name = "shop"

  security_rule { # expect
    name                       = "database"
    priority                   = 100
    direction                  = "Inbound"
    access                     = "Allow"
    protocol                   = "Tcp"
    source_port_range          = "*"
    destination_port_range     = "5430-5440"
    source_address_prefix      = "Internet"
    destination_address_prefix = "*"
  }
}
