terraform {
  required_providers {
    azurerm = "2.99.0" # expect
  }
}
