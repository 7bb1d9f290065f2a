resource "azurerm_role_assignment" "runner" {
  scope                = azurerm_resource_group.shop.id
  role_definition_name = "Owner"
  principal_id         = var.runner
}

variable "runner" { type = string }
