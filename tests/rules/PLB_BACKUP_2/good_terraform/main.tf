resource "aws_db_instance" "orders" {
  backup_retention_period = var.days
}

resource "aws_db_instance" "copy" {
  replicate_source_db = var.source_db
}

resource "aws_rds_cluster" "orders" {
  backup_retention_period = 7
}
