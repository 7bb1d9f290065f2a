locals {
  tls = "1.1"
}

resource "azurerm_linux_web_app" "shop" {
  name                = "shop"
  resource_group_name = "shop"
  location            = "westeurope"
  service_plan_id     = "plan"

  site_config {
    minimum_tls_version = local.tls # expect
  }
}
