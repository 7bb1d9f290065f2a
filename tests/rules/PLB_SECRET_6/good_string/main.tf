resource "random_string" "suffix" {
  length = 6
}

resource "azurerm_resource_group" "shop" {
  name     = "shop-${random_string.suffix.result}"
  location = "westeurope"
}
