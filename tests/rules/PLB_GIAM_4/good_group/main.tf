resource "google_secret_manager_secret_iam_member" "shop" {
  secret_id = "shop"
  role      = "roles/secretmanager.secretAccessor"
  member    = "group:shop@example.com"
}
