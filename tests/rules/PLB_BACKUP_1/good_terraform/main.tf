resource "aws_db_instance" "copy" {
  replicate_source_db     = aws_db_instance.orders.arn
  backup_retention_period = 0
}

resource "aws_redshift_cluster" "facts" {
  automated_snapshot_retention_period = var.days
}
