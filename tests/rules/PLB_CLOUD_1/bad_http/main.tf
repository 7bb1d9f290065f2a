resource "digitalocean_loadbalancer" "shop" {
  name   = "shop"
  region = "ams3"

  forwarding_rule {
    entry_port      = 80
    entry_protocol  = "http" # expect
    target_port     = 80
    target_protocol = "http"
  }
}
