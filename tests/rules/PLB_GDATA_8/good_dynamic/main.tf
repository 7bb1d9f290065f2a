resource "google_sql_database_instance" "shop" {
  name             = "shop"
  database_version = "SQLSERVER_2022_STANDARD"
  region           = "europe-west1"

  settings {
    tier = "db-f1-micro"

    dynamic "database_flags" {
      for_each = var.flags
      content {
        name  = database_flags.key
        value = database_flags.value
      }
    }
  }
}

variable "flags" { type = map(string) }
