resource "azurerm_role_definition" "shop" {
  name  = "shop"
  scope = data.azurerm_subscription.main.id

  permissions {
    actions = ["Microsoft.Compute/*/read"]
  }

  assignable_scopes = ["/"]
}

data "azurerm_subscription" "main" {}
