resource "azurerm_linux_virtual_machine" "shop" {
  name                  = "shop"
  network_interface_ids = [azurerm_network_interface.shop.id]
}

resource "azurerm_network_interface" "shop" {
  name                = "shop"
  location            = "westeurope"
  resource_group_name = "shop"

  ip_configuration {
    name                          = "inside"
    subnet_id                     = var.subnet_id
    private_ip_address_allocation = "Dynamic"
  }
}

variable "subnet_id" { type = string }
