resource "google_project_iam_custom_role" "reader" {
  role_id     = "reader"
  title       = "Reader"
  permissions = ["resourcemanager.projects.getIamPolicy", "iam.serviceAccounts.list"]
}
