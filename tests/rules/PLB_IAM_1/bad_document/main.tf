data "aws_iam_policy_document" "deploy" {
  statement {
    actions   = ["s3:GetObject", "ec2:*"] # expect
    resources = ["*"]
  }
}
