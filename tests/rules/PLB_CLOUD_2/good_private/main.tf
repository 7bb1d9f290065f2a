resource "digitalocean_spaces_bucket_object" "list" {
  region = "ams3"
  bucket = "shop"
  key    = "customers.csv"
  acl    = "private"
}
