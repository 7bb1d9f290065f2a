resource "openstack_networking_secgroup_v2" "shop" {
  name        = "shop"
  description = "What the shop lets in: HTTPS from its load balancer"
}
