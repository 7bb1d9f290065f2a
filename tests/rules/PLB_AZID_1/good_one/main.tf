resource "azurerm_role_definition" "shop" {
  name  = "shop"
  scope = data.azurerm_subscription.main.id

  permissions {
    actions = ["*"]
  }

  assignable_scopes = [data.azurerm_subscription.main.id]
}

data "azurerm_subscription" "main" {}
