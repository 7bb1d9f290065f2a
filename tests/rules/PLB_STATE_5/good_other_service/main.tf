terraform {
  backend "s3" {
    bucket                      = "acme-states"
    key                         = "shop/terraform.tfstate"
    encrypt                     = true
    use_lockfile                = true
    skip_credentials_validation = true
    skip_region_validation      = true
    endpoints = {
      s3 = "https://fra1.digitaloceanspaces.com"
    }
  }
}
