resource "digitalocean_spaces_bucket" "shop" {
  name   = "shop"
  region = "ams3"
}
