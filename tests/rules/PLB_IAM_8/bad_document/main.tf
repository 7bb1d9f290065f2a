data "aws_iam_policy_document" "operator" {
  statement {
    actions = [
      "logs:DescribeLogGroups",
      "cloudtrail:StopLogging", # expect
      "logs:DeleteLogGroup",
    ]
    resources = ["*"]
  }
}
