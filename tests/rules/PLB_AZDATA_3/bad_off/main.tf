resource "azurerm_network_watcher_flow_log" "shop" {
  name                 = "shop"
  network_watcher_name = "shop"
  resource_group_name  = "shop"
  storage_account_id   = "shop"
  enabled              = false # expect
}
