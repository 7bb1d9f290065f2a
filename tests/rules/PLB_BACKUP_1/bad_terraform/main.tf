locals {
  days = 0
}

resource "aws_redshift_cluster" "facts" {
  automated_snapshot_retention_period = local.days # expect
}
