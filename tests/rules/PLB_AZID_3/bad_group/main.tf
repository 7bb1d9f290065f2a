resource "azurerm_role_assignment" "runner" {
  scope                = "/providers/Microsoft.Management/managementGroups/shop"
  role_definition_name = "User Access Administrator" # expect
  principal_id         = var.runner
}

variable "runner" { type = string }
