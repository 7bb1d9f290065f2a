data "aws_iam_policy_document" "deploy" {
  statement {
    actions   = ["iam:PassRole"]
    resources = [aws_iam_role.app.arn]
  }

  statement {
    actions   = ["ec2:RunInstances"]
    resources = ["*"]
  }
}

data "aws_iam_policy_document" "conditional" {
  statement {
    actions   = ["iam:PassRole"]
    resources = ["*"]
    condition {
      test     = "StringEquals"
      variable = "iam:PassedToService"
      values   = ["lambda.amazonaws.com"]
    }
  }

  statement {
    actions   = ["lambda:CreateFunction"]
    resources = ["*"]
  }
}
