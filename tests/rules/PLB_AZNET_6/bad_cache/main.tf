resource "azurerm_redis_firewall_rule" "provider" {
  name                = "provider"
  redis_cache_name    = "shop"
  resource_group_name = "shop"
  start_ip            = "93.184.0.0" # expect
  end_ip              = "93.184.7.255"
}
