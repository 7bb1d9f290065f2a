resource "aws_db_security_group" "main" { # expect
  name = "main"
  ingress {
    cidr = "10.0.0.0/24"
  }
}
