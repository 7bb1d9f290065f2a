resource "google_sql_database_instance" "shop" {
  name             = "shop"
  database_version = "SQLSERVER_2022_STANDARD"
  region           = "europe-west1"

  settings {
    tier = "db-f1-micro"

    database_flags {
      name  = "contained database authentication"
      value = "off"
    }

    database_flags {
      name  = "cross db ownership chaining"
      value = "off"
    }

    database_flags {
      name  = "external scripts enabled"
      value = "off"
    }

    database_flags {
      name  = "remote access"
      value = "on" # expect
    }
  }
}
