resource "azurerm_linux_function_app" "shop" {
  name = "shop"

  site_config {
    application_stack {
      python_version = "3.8.10" # expect
    }
  }
}
