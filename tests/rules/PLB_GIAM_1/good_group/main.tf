resource "google_project_iam_member" "readers" {
  project = "shop"
  role    = "roles/viewer"
  member  = "group:readers@example.com"
}
