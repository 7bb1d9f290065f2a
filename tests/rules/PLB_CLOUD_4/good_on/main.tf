resource "digitalocean_kubernetes_cluster" "shop" {
  name          = "shop"
  region        = "ams3"
  auto_upgrade  = true
  surge_upgrade = true
}
