provider "aws" {
  access_key = var.key
  secret_key = var.other
  token      = var.session
}
