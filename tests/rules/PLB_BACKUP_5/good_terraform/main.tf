resource "aws_neptune_cluster" "graph" {
  storage_encrypted              = true
  enable_cloudwatch_logs_exports = ["audit"]
  deletion_protection            = true
}

resource "aws_neptune_cluster" "chosen" {
  storage_encrypted              = true
  enable_cloudwatch_logs_exports = ["audit"]
  deletion_protection            = var.protected
}
