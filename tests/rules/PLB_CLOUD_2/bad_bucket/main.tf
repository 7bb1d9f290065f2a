resource "linode_object_storage_bucket" "shop" {
  region = "nl-ams"
  label  = "shop"
  acl    = "public-read-write" # expect
}
