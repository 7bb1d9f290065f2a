resource "azurerm_redis_firewall_rule" "inside" {
  name                = "inside"
  redis_cache_name    = "shop"
  resource_group_name = "shop"
  start_ip            = "10.1.0.0"
  end_ip              = "10.1.255.255"
}
