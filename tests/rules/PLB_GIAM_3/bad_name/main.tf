resource "google_storage_bucket_iam_binding" "writers" {
  bucket  = "shop"
  role    = "roles/storage.admin"
  members = ["serviceAccount:4711-compute@developer.gserviceaccount.com"] # expect
}
