resource "azurerm_linux_web_app" "shop" {
  name = "shop"

  site_config {
    application_stack {
      python_version = "3.12"
    }
  }
}
