variable "db_password" {
  type      = string
  sensitive = true
  default   = "letmein-please" # expect
}

output "admin_password" {
  value     = "N0tARealOne!" # expect
  sensitive = true
}
