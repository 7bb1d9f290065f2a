resource "oci_core_network_security_group_security_rule" "app" { # expect
  network_security_group_id = "ocid1.nsg"
  direction                 = "INGRESS"
  protocol                  = "6"
  source                    = "0.0.0.0/0"

  tcp_options {
    destination_port_range {
      min = 9443
      max = 9443
    }
  }
}
