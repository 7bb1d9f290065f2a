resource "google_compute_network_firewall_policy_rule" "search" {
  firewall_policy = "shop"
  priority        = 1000
  action          = "allow"
  direction       = "INGRESS"

  match {
    src_ip_ranges = ["0.0.0.0/0"]

    layer4_configs { # expect
      ip_protocol = "tcp"
      ports       = ["9200"]
    }
  }
}
