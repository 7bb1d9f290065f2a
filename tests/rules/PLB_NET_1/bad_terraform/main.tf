locals {
  anywhere = ["0.0.0.0/0"]
}

resource "aws_security_group" "cache" {
  name        = "cache"
  description = "The session cache"

  ingress {
    description = "Redis"
    from_port   = 6379
    to_port     = 6379
    protocol    = "tcp"
    cidr_blocks = ["10.0.0.0/8", "0.0.0.0/0"] # expect
  }
}

resource "aws_vpc_security_group_ingress_rule" "postgres" {
  security_group_id = aws_security_group.cache.id
  ip_protocol       = "6"
  from_port         = 5430
  to_port           = 5440
  cidr_ipv6         = "::/0" # expect
}

resource "aws_security_group_rule" "halves" {
  for_each          = toset(["a", "b"])
  type              = "ingress"
  security_group_id = aws_security_group.cache.id
  protocol          = "tcp"
  from_port         = 22
  to_port           = 22
  cidr_blocks       = ["0.0.0.0/1"] # expect
}

resource "aws_security_group_rule" "mysql" {
  type              = "ingress"
  security_group_id = aws_security_group.cache.id
  protocol          = "tcp"
  from_port         = 3306
  to_port           = 3306
  cidr_blocks       = local.anywhere # expect
}
