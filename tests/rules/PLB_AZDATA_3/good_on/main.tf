resource "azurerm_network_watcher_flow_log" "shop" {
  name    = "shop"
  enabled = true
}
