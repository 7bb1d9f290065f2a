resource "azurerm_linux_function_app" "shop" {
  name = "shop"

  site_config {
    application_stack {
      node_version = "18" # expect
    }
  }
}
