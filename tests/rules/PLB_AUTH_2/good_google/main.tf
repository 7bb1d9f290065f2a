provider "google" {
  project                     = "shop"
  impersonate_service_account = "deploy@shop.iam.gserviceaccount.com"
}
