provider "aws" {
  region = "eu-central-1"
  assume_role_with_web_identity {
    role_arn                = "arn:aws:iam::111122223333:role/deploy"
    web_identity_token_file = "/var/run/token"
  }
}
