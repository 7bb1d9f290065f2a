resource "aws_redshiftserverless_workgroup" "main" {
  workgroup_name      = "main"
  namespace_name      = "main"
  publicly_accessible = true # expect
}
