data "azurerm_subscription" "main" {}

resource "azurerm_role_assignment" "runner" {
  scope                = data.azurerm_subscription.main.id
  role_definition_name = "Owner" # expect
  principal_id         = var.runner
}

variable "runner" { type = string }
