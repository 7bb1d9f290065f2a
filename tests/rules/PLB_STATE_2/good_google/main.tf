terraform {
  backend "gcs" {
    bucket = "acme-states"
    prefix = "shop"
  }
}
