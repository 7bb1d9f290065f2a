terraform {
  backend "s3" {
    bucket = "my-state"
    key    = "prod/terraform.tfstate"
  }
}
