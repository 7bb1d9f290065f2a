provider "azurerm" {
  features {}
  client_id = var.client_id
  use_oidc  = true
}
