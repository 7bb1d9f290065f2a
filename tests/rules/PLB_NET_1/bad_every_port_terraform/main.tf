resource "aws_vpc_security_group_ingress_rule" "everything" {
  security_group_id = aws_security_group.main.id
  ip_protocol       = "-1"
  cidr_ipv4         = "0.0.0.0/0" # expect
}

resource "aws_default_security_group" "main" {
  ingress {
    protocol    = "tcp"
    from_port   = 22
    to_port     = 22
    cidr_blocks = ["0.0.0.0/0"] # expect
  }
}
