locals {
  all = "*"
}

resource "azurerm_role_definition" "shop" {
  name  = "shop"
  scope = "/"

  permissions {
    actions = [
      local.all, # expect
    ]
  }
}
