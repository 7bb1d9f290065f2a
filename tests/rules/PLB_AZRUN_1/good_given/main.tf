resource "azurerm_windows_web_app" "shop" {
  name = "shop"

  site_config {
    application_stack {
      php_version = var.php
    }
  }
}

variable "php" { default = "7.4" }
