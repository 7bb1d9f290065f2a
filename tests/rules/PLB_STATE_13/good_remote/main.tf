terraform {
  backend "gcs" {
    bucket = "acme-states"
  }
}

resource "google_project_service" "run" {
  service = "run.googleapis.com"
}
