resource "google_storage_bucket_acl" "photos" {
  bucket      = "photos"
  role_entity = ["OWNER:user-ann@example.com", "READER:allUsers"] # expect
}
