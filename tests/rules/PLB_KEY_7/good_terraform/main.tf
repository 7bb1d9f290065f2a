resource "aws_rds_cluster_instance" "one" {
  performance_insights_enabled    = var.insights
  performance_insights_kms_key_id = ""
}

resource "aws_rds_cluster_instance" "two" {
  performance_insights_enabled    = true
  performance_insights_kms_key_id = var.key
}
