resource "azurerm_storage_account" "receipts" {
  name                              = "shopreceipts"
  infrastructure_encryption_enabled = var.twice
}

variable "twice" { default = false }
