resource "google_project_iam_member" "ann" {
  project = "shop"
  role    = "roles/viewer"
  member  = "user:ann@example.com" # expect
}
