resource "aws_db_instance" "orders" {
  backup_retention_period = 3 # expect
}

resource "aws_rds_cluster" "orders" { # expect
  for_each = var.clusters
}
