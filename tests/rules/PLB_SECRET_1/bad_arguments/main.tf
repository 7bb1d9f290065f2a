resource "aws_redshift_cluster" "dwh" {
  cluster_identifier = "dwh"
  master_username    = "admin"
  master_password    = "N0tARealOne!" # expect
  kms_key_id         = aws_kms_key.dwh.arn
  encrypted          = true
}

module "shop" {
  source = "./shop"
  config = {
    region   = "eu-central-1"
    jwt_secret = "not-a-real-one-either" # expect
  }
}

locals {
  api_token = "8f14e45f-ceea" # expect
}

resource "aws_ssm_parameter" "db" {
  name   = "/shop/db/password"
  type   = "SecureString"
  key_id = aws_kms_key.dwh.arn
  value  = "N0tARealOne!" # expect
}
