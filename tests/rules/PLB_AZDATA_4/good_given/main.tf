resource "azurerm_monitor_log_profile" "main" {
  name      = "main"
  locations = concat(var.regions, ["global"])
}

variable "regions" { type = list(string) }
