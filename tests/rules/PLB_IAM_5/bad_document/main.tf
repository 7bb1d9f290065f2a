data "aws_iam_policy_document" "deploy" {
  statement {
    actions   = ["iam:PassRole"] # expect
    resources = ["*"]
  }

  statement {
    actions = [
      "lambda:CreateFunction",
      "lambda:InvokeFunction",
    ]
    resources = ["arn:aws:lambda:*:*:function:app-*"]
  }
}
