resource "azurerm_linux_virtual_machine" "shop" {
  name                  = "shop"
  network_interface_ids = [azurerm_network_interface.shop.id]
}

resource "azurerm_network_interface" "shop" { # expect
  name                = "shop"
  location            = "westeurope"
  resource_group_name = "shop"

  ip_configuration {
    name                          = "inside"
    subnet_id                     = azurerm_subnet.shop.id
    private_ip_address_allocation = "Dynamic"
  }
}

resource "azurerm_subnet" "shop" {
  name                 = "shop"
  resource_group_name  = "shop"
  virtual_network_name = "shop"
  address_prefixes     = ["10.0.1.0/24"]
}
