terraform {
  backend "s3" {
    encrypt      = true
    use_lockfile = true
    bucket = "my-state"
    key    = "prod/terraform.tfstate"
  }
}
