terraform {
  backend "s3" { # expect
    bucket       = "acme-states"
    key          = "shop/terraform.tfstate"
    region       = "eu-central-1"
    use_lockfile = true
  }
}
