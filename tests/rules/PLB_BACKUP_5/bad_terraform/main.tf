resource "aws_neptune_cluster" "graph" { # expect
  storage_encrypted              = true
  enable_cloudwatch_logs_exports = ["audit"]
}
