terraform {
  backend "s3" {
    bucket       = "acme-states"
    key          = "shop/terraform.tfstate"
    encrypt      = true
    use_lockfile = false # expect
  }
}
