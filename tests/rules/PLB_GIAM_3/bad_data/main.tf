data "google_compute_default_service_account" "default" {}

resource "google_folder_iam_member" "default" {
  folder = "folders/1"
  role   = "roles/editor"
  member = data.google_compute_default_service_account.default.member # expect
}
