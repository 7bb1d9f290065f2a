resource "random_password" "broker" {
  length = 32
}

resource "mongodbatlas_database_user" "shop" {
  username           = "shop"
  password           = random_password.broker.result # expect
  project_id         = var.project
  auth_database_name = "admin"
}
