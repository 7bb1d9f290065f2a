resource "azurerm_monitor_log_profile" "main" {
  name       = "main"
  categories = ["Action", "Delete", "Write"]
  locations  = ["westus", "global"] # expect
}
