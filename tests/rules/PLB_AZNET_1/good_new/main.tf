resource "azurerm_redis_cache" "shop" {
  name                = "shop"
  minimum_tls_version = "1.2"
}

resource "azurerm_mssql_managed_instance" "shop" {
  name                = "shop"
  minimum_tls_version = var.tls
}

variable "tls" { default = "1.0" }
