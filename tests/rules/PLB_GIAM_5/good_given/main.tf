resource "google_project_iam_custom_role" "any" {
  role_id     = "any"
  title       = "Any"
  permissions = concat(var.permissions, ["run.services.get"])
}

variable "permissions" { type = list(string) }
