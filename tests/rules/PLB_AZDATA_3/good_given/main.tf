resource "azurerm_network_watcher_flow_log" "shop" {
  name    = "shop"
  enabled = var.flow_logs
}

variable "flow_logs" { default = false }
