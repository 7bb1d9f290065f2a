resource "google_project_iam_member" "shop" {
  project = "shop"
  role    = "roles/viewer"
  member  = "serviceAccount:${google_service_account.shop.email}"
}
