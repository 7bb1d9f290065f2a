resource "google_compute_project_metadata" "main" {
  metadata = {
    serial-port-enable = false
  }
}
