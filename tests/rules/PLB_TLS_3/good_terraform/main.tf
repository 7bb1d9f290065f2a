resource "aws_glue_connection" "network" {
  name            = "network"
  connection_type = "NETWORK"
}

resource "aws_glue_connection" "given" {
  name                  = "given"
  connection_properties = var.properties
}

resource "aws_dms_endpoint" "orders" {
  engine_name = "mysql"
  ssl_mode    = "verify-ca"
}
