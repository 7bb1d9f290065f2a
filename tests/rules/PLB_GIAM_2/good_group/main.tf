resource "google_folder_iam_binding" "readers" {
  folder  = "folders/1"
  role    = "roles/viewer"
  members = ["group:readers@example.com"]
}
