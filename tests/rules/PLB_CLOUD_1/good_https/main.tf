resource "digitalocean_loadbalancer" "shop" {
  name   = "shop"
  region = "ams3"

  forwarding_rule {
    entry_port      = 443
    entry_protocol  = "https"
    target_port     = 80
    target_protocol = "http"
  }
}
