resource "aws_security_group" "database" {
  description = "The database"
  vpc_id      = aws_vpc.main.id
}
