resource "aws_redshiftserverless_workgroup" "main" {
  workgroup_name      = "main"
  publicly_accessible = var.public
}

resource "aws_redshiftserverless_workgroup" "private" {
  workgroup_name = "private"
}
