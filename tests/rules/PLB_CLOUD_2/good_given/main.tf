resource "scaleway_object_bucket_acl" "shop" {
  bucket = "shop"
  acl    = var.acl
}

variable "acl" { default = "public-read" }
