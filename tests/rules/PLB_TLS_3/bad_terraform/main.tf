resource "aws_glue_connection" "orders" {
  name = "orders"

  connection_properties = {
    JDBC_CONNECTION_URL = "jdbc:postgresql://orders.internal/orders"
    JDBC_ENFORCE_SSL    = "false" # expect
  }
}

resource "aws_dms_endpoint" "orders" { # expect
  engine_name = "mysql"
}
