provider "aws" {
  region  = "eu-central-1"
  profile = var.profile
}
