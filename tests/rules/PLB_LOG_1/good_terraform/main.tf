resource "aws_ec2_client_vpn_endpoint" "staff" {
  client_cidr_block = "10.9.0.0/22"

  connection_log_options {
    enabled              = true
    cloudwatch_log_group = aws_cloudwatch_log_group.vpn.name
  }
}

resource "aws_ec2_client_vpn_endpoint" "other" {
  client_cidr_block = "10.9.4.0/22"

  connection_log_options {
    enabled = var.logging
  }
}
