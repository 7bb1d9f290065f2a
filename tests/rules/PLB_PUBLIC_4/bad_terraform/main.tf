resource "aws_lb" "front" {
  name     = "front"
  internal = false # expect
  subnets  = var.subnets
}
