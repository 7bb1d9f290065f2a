data "aws_iam_policy_document" "power" {
  statement {
    effect      = "Allow"
    not_actions = ["iam:*", "organizations:*"] # expect
    resources   = ["*"]
  }
}
