resource "digitalocean_kubernetes_cluster" "shop" {
  name         = "shop"
  region       = "ams3"
  auto_upgrade = false # expect
}
