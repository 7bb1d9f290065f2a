resource "google_storage_bucket_iam_binding" "readers" {
  bucket = "shop"
  role   = "roles/storage.objectViewer"
  members = [
    "group:shop@example.com",
    "group:friends@googlegroups.com", # expect
  ]
}
