data "azurerm_subscription" "main" {}

resource "azurerm_role_assignment" "runner" {
  scope                = data.azurerm_subscription.main.id
  role_definition_name = "Role Based Access Control Administrator"
  principal_id         = var.runner
  condition_version    = "2.0"
  condition            = var.condition
}

resource "azurerm_role_assignment" "reader" {
  scope                = data.azurerm_subscription.main.id
  role_definition_name = "Reader"
  principal_id         = var.runner
}

variable "runner" { type = string }
variable "condition" { type = string }
