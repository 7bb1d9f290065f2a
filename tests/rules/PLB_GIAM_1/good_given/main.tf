resource "google_project_iam_member" "each" {
  for_each = toset(var.members)
  project  = "shop"
  role     = "roles/viewer"
  member   = each.value
}

variable "members" { type = list(string) }
