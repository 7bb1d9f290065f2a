data "aws_iam_policy_document" "deploy" {
  statement {
    actions   = ["ec2:DescribeInstances"]
    resources = ["*"]
  }

  statement {
    effect    = "Deny"
    actions   = ["ec2:*"]
    resources = ["*"]
  }

  statement {
    actions   = ["dynamodb:*"]
    resources = ["*"]
    condition {
      test     = "StringEquals"
      variable = "aws:RequestedRegion"
      values   = ["eu-central-1"]
    }
  }

  statement {
    actions   = var.actions
    resources = ["*"]
  }
}

resource "aws_vpc_endpoint" "s3" {
  policy = data.aws_iam_policy_document.endpoint.json
}

data "aws_iam_policy_document" "endpoint" {
  statement {
    actions   = ["s3:*"]
    resources = ["*"]
  }
}
