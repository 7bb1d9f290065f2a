resource "random_password" "db" {
  length = 32
}

resource "google_sql_user" "shop" {
  name     = "shop"
  instance = google_sql_database_instance.shop.name
  password = random_password.db.result # expect
}

resource "vault_kv_secret_v2" "shop" {
  mount     = "kv"
  name      = "shop"
  data_json = jsonencode({ password = random_password.db.result }) # expect
}
