resource "azurerm_storage_account_network_rules" "receipts" {
  storage_account_id = "receipts"
  default_action     = "Deny"
  bypass             = [var.bypass]
}

variable "bypass" { type = string }
