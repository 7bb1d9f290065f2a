resource "azurerm_redis_firewall_rule" "half" {
  name                = "half"
  redis_cache_name    = "shop"
  resource_group_name = "shop"
  start_ip            = "1.0.0.0"
  end_ip              = "200.0.0.0"
}
