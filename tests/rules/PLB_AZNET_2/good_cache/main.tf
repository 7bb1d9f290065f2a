resource "azurerm_redis_cache" "shop" {
  name                 = "shop"
  non_ssl_port_enabled = false
}
