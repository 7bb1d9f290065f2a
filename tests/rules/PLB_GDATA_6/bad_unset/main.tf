resource "google_sql_database_instance" "shop" { # expect
  name             = "shop"
  database_version = "POSTGRES_15"
  region           = "europe-west1"

  settings {
    tier = "db-f1-micro"

    database_flags {
      name  = "log_lock_waits"
      value = "on"
    }
  }
}
