provider "aws" {
  region                   = "eu-central-1"
  profile                  = "admin"                # expect
  shared_credentials_files = ["~/.aws/credentials"] # expect
}
