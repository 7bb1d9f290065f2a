variable "client_secret" {
  type      = string
  sensitive = true
}

provider "azurerm" {
  features {}
  client_id     = var.client_id
  client_secret = var.client_secret # expect
}
