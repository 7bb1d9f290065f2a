resource "aws_security_group" "web" {
  description = "" # expect
  vpc_id      = aws_vpc.main.id
}
