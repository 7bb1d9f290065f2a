terraform {
  backend "s3" {
    bucket       = "acme-states"
    key          = "shop/terraform.tfstate"
    encrypt      = true
    use_lockfile = true
    access_key   = "not-a-real-key-id" # expect
    secret_key   = "not-a-real-secret" # expect
  }
}
