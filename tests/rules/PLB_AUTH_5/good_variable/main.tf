resource "aws_ssoadmin_permission_set" "admin" {
  name             = "admin"
  instance_arn     = var.instance
  session_duration = var.session
}
