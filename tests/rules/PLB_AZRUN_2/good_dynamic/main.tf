resource "azurerm_linux_web_app" "shop" {
  name = "shop"

  site_config {
    dynamic "application_stack" {
      for_each = var.stacks
      content {
        node_version = "18"
      }
    }
  }
}

variable "stacks" { type = list(string) }
