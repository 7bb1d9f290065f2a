resource "google_secret_manager_secret_iam_member" "all" {
  secret_id = "shop"
  role      = "roles/secretmanager.secretAccessor"
  member    = "allUsers" # expect
}
