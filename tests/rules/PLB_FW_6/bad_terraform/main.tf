resource "kubernetes_network_policy_v1" "shop" {
  metadata {
    name      = "shop"
    namespace = "shop"
  }

  spec {
    policy_types = ["Egress"]

    pod_selector {
      match_labels = { app = "shop" }
    }

    egress {
      ports {
        port     = 443
        protocol = "TCP"
      }

      to {
        ip_block {
          cidr = "0.0.0.0/0" # expect
        }
      }
    }
  }
}
