resource "digitalocean_spaces_bucket" "shop" {
  name          = "shop"
  region        = "ams3"
  force_destroy = var.throwaway
}

variable "throwaway" { default = true }
