provider "aws" {
  region     = "eu-central-1"
  access_key = "test"
  secret_key = "test"
}
