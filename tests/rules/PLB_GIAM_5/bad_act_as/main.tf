locals {
  permissions = ["iam.serviceAccounts.actAs"]
}

resource "google_organization_iam_custom_role" "deployer" {
  role_id     = "deployer"
  org_id      = "1"
  title       = "Deployer"
  permissions = local.permissions
}
