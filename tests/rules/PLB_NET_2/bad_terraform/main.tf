resource "aws_security_group" "app" {
  description = "The application"

  egress {
    from_port   = 0
    to_port     = 65535
    protocol    = "tcp"
    cidr_blocks = ["0.0.0.0/0"] # expect
  }
}

resource "aws_vpc_security_group_egress_rule" "udp" {
  security_group_id = aws_security_group.app.id
  ip_protocol       = "udp"
  from_port         = 0
  to_port           = 65535
  cidr_ipv4         = "0.0.0.0/0" # expect
}
