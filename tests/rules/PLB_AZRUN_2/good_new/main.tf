resource "azurerm_linux_web_app" "shop" {
  name = "shop"

  site_config {
    application_stack {
      php_version = "8.3"
    }
  }
}
