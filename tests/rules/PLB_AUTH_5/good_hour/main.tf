resource "aws_iam_role" "deploy" {
  name                 = "deploy"
  max_session_duration = 3600
  assume_role_policy   = data.aws_iam_policy_document.trust.json
}
