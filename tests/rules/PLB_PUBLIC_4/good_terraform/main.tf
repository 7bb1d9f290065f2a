resource "aws_lb" "front" {
  name     = "front"
  internal = var.internal
}

resource "aws_lb" "appliances" {
  name               = "appliances"
  load_balancer_type = "gateway"
}
