resource "openstack_networking_secgroup_v2" "shop" {
  name        = "shop"
  description = "" # expect
}
