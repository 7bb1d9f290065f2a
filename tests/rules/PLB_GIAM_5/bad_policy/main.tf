resource "google_project_iam_custom_role" "deployer" {
  role_id = "deployer"
  title   = "Deployer"
  permissions = [
    "run.services.get",
    "resourcemanager.projects.setIamPolicy", # expect
  ]
}
