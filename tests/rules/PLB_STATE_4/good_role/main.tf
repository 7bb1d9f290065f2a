terraform {
  backend "s3" {
    bucket       = "acme-states"
    key          = "shop/terraform.tfstate"
    encrypt      = true
    use_lockfile = true
    profile      = "deploy"
    assume_role = {
      role_arn = "arn:aws:iam::111122223333:role/state"
    }
  }
}
