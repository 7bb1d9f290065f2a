resource "linode_nodebalancer_config" "shop" {
  nodebalancer_id = 1
  port            = 80
  protocol        = "http" # expect
}
