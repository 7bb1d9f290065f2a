variable "owner" { type = string }

data "google_iam_policy" "shop" {
  binding {
    role = "roles/viewer"
    members = [
      "user:${var.owner}", # expect
    ]
  }
}
