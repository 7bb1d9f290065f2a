resource "google_project_iam_binding" "shop" {
  project = "shop"
  role    = "roles/viewer"
  members = var.members
}

variable "members" { type = list(string) }
