resource "google_sql_database_instance" "shop" {
  name             = "shop"
  database_version = "POSTGRES_15"
  region           = "europe-west1"

  settings {
    tier = "db-f1-micro"

    database_flags {
      name  = "log_temp_files"
      value = "0"
    }
  }
}
