resource "openstack_networking_secgroup_v2" "shop" { # expect
  name = "shop"
}
