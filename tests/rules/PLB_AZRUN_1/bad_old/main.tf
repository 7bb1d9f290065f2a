resource "azurerm_app_service" "shop" {
  name = "shop"

  site_config {
    php_version = "7.4" # expect
  }
}
