resource "aws_iam_role" "deploy" {
  name                 = "deploy"
  max_session_duration = 43200 # expect
  assume_role_policy   = data.aws_iam_policy_document.trust.json
}

resource "aws_ssoadmin_permission_set" "admin" {
  name             = "admin"
  instance_arn     = var.instance
  session_duration = "PT12H" # expect
}
