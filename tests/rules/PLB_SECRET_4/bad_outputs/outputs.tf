output "generated" {
  value = random_password.db.result # expect
}

output "db_password" {
  value = module.db.password # expect
}

output "shown_on_purpose" {
  value     = nonsensitive(azurerm_storage_account.a.primary_connection_string) # expect
  sensitive = true
}
