resource "google_compute_project_metadata_item" "other" {
  key   = "block-project-ssh-keys"
  value = "TRUE"
}
