resource "google_folder_iam_member" "shop" {
  folder = "folders/1"
  role   = "roles/viewer"
  member = "serviceAccount:${google_service_account.shop.email}"
}
