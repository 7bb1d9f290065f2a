terraform {
  backend "s3" {
    bucket       = "test"
    key          = "shop.tfstate"
    encrypt      = true
    use_lockfile = true
    endpoint     = "http://localhost:4566"
  }
}
