locals {
  logging = false
}

resource "aws_ec2_client_vpn_endpoint" "staff" {
  client_cidr_block      = "10.9.0.0/22"
  server_certificate_arn = aws_acm_certificate.vpn.arn

  connection_log_options {
    enabled = local.logging # expect
  }
}
