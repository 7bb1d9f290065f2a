resource "openstack_networking_secgroup_v2" "shop" {
  name        = "shop"
  description = var.description
}

variable "description" { default = "" }
