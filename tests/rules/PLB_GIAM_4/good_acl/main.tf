resource "google_storage_bucket_acl" "photos" {
  bucket         = "photos"
  predefined_acl = "projectPrivate"
}
