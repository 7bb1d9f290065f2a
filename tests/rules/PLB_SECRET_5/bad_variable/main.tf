terraform {
  required_version = ">= 1.11"
}

variable "db_password" {
  type      = string
  sensitive = true
}

resource "aws_secretsmanager_secret_version" "db" {
  secret_id     = aws_secretsmanager_secret.db.id
  secret_string = var.db_password # expect
}
