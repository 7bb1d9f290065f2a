locals {
  backend = "http://backend.example.com/{proxy}"
}

resource "aws_api_gateway_integration" "proxy" {
  type = "HTTP_PROXY"
  uri  = local.backend # expect
}

resource "aws_vpclattice_listener" "plain" {
  protocol = "HTTP" # expect
}
