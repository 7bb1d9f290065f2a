resource "aws_iam_role" "organization" {
  assume_role_policy = data.aws_iam_policy_document.organization.json
}

data "aws_iam_policy_document" "organization" {
  statement {
    actions = ["sts:AssumeRole"]
    principals {
      type        = "AWS"
      identifiers = ["*"]
    }
    condition {
      test     = "StringEquals"
      variable = "aws:PrincipalOrgID"
      values   = [var.organization]
    }
  }

  statement {
    actions = ["sts:AssumeRole"]
    principals {
      type        = "AWS"
      identifiers = var.principals
    }
  }
}
