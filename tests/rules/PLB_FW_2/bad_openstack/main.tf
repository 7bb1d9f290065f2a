resource "openstack_networking_secgroup_rule_v2" "all" { # expect
  direction         = "ingress"
  ethertype         = "IPv4"
  remote_ip_prefix  = "0.0.0.0/0"
  security_group_id = "6a1c"
}
