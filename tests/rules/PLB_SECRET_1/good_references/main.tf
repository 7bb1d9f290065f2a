variable "db_password" {
  type      = string
  sensitive = true
}

locals {
  secret_name        = "shop/db/password"
  password_parameter = "/shop/db/password"
  token_url          = "https://login.example.org/oauth/token"
}

module "shop" {
  source           = "./shop"
  password         = var.db_password
  password_length  = 24
  db_secret        = "shop-db"
  api_key          = "arn:aws:secretsmanager:eu-central-1:111122223333:secret:shop-AbCdEf"
  access_token     = "op://infra/shop/token"
  client_secret    = "REPLACE_ME"
  private_key      = "~/.ssh/id_ed25519"
  connection_string = "Server=db;Password=${var.db_password}"
}

resource "null_resource" "docs" {
  triggers = {
    token = "unchanged"
  }
}

resource "aws_ssm_parameter" "db" {
  name   = "/shop/db/password"
  type   = "SecureString"
  key_id = "alias/shop"
  value  = "first-value-only"
  lifecycle {
    ignore_changes = [value]
  }
}
