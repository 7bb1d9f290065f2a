resource "azurerm_role_definition" "shop" {
  name  = "shop"
  scope = data.azurerm_subscription.main.id

  permissions {
    actions = ["*"] # expect
  }

  assignable_scopes = ["/"]
}

data "azurerm_subscription" "main" {}
