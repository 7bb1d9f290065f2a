terraform {
  backend "gcs" {
    bucket = "acme-states"
  }
}

module "shop" {
  source = "../../modules/shop"
}
