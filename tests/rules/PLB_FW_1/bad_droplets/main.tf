resource "digitalocean_firewall" "shop" {
  name = "shop"

  inbound_rule { # expect
    protocol         = "tcp"
    port_range       = "22"
    source_addresses = ["0.0.0.0/0", "::/0"]
  }
}
