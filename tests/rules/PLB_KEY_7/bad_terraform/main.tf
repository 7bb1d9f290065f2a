resource "aws_rds_cluster_instance" "one" {
  performance_insights_enabled    = true # expect
  performance_insights_kms_key_id = ""
}
