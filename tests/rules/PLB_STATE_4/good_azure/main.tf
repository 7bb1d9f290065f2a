terraform {
  backend "azurerm" {
    storage_account_name = "acme"
    container_name       = "states"
    key                  = "shop.tfstate"
    use_oidc             = true
    use_azuread_auth     = true
  }
}
