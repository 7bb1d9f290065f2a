data "aws_iam_policy_document" "endpoint" {
  statement {
    actions   = ["s3:GetObject"]
    resources = ["*"]
    principals {
      type        = "*"
      identifiers = ["*"]
    }
  }
}

resource "aws_vpc_endpoint" "s3" {
  policy = data.aws_iam_policy_document.endpoint.json
}

data "aws_iam_policy_document" "images" {
  statement {
    actions = ["ecr:BatchGetImage"]
    principals {
      type        = "*"
      identifiers = ["*"]
    }
    condition {
      test     = "StringLike"
      variable = "aws:PrincipalOrgID"
      values   = [var.organization]
    }
  }

  dynamic "statement" {
    for_each = var.readers
    content {
      actions = ["ecr:BatchGetImage"]
      principals {
        type        = "AWS"
        identifiers = [statement.value]
      }
    }
  }
}
