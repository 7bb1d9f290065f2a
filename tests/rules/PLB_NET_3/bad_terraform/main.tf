resource "aws_network_acl_rule" "ssh_from_half_the_world" {
  network_acl_id = aws_network_acl.main.id
  rule_number    = 100
  protocol       = "tcp"
  rule_action    = "allow"
  cidr_block     = "128.0.0.0/1" # expect
  from_port      = 22
  to_port        = 22
}
