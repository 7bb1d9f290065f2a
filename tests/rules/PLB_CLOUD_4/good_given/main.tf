resource "scaleway_k8s_cluster" "shop" {
  name = "shop"

  auto_upgrade {
    enable = var.upgrade
  }
}

variable "upgrade" { default = false }
