locals {
  node = "14-lts"
}

resource "azurerm_linux_web_app" "shop" {
  name = "shop"

  site_config {
    application_stack {
      node_version = local.node # expect
    }
  }
}
