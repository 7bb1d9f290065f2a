resource "scaleway_object_bucket" "shop" {
  name          = "shop"
  force_destroy = true # expect
}
