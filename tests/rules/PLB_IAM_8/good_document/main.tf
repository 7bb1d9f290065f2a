data "aws_iam_policy_document" "operator" {
  statement {
    actions   = ["logs:CreateLogGroup", "logs:PutLogEvents"]
    resources = ["*"]
  }

  statement {
    actions   = ["logs:DeleteLogGroup"]
    resources = ["arn:aws:logs:*:111122223333:log-group:/app/*"]
  }
}
