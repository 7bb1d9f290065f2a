provider "aws" {
  region = "eu-central-1"
}

variable "people" {
  type    = set(string)
  default = ["ada", "grace"]
}

data "aws_partition" "current" {}

data "aws_iam_policy_document" "assume" {
  statement {
    actions = ["sts:AssumeRole"]

    principals {
      type        = "Service"
      identifiers = ["ec2.amazonaws.com", "lambda.amazonaws.com"]
    }
  }
}

data "aws_iam_policy_document" "anyone" {
  statement {
    actions = ["sts:AssumeRole"]

    principals {
      type        = "AWS"
      identifiers = ["*"]
    }
  }
}

data "aws_iam_policy_document" "admin" {
  version = "2012-10-17"

  statement {
    sid       = "Everything"
    actions   = ["*"]
    resources = ["*"]
  }
}

data "aws_iam_policy_document" "deploy" {
  source_policy_documents = [data.aws_iam_policy_document.pass.json]

  statement {
    actions   = ["s3:PutObject", "s3:GetObject"]
    resources = ["arn:${data.aws_partition.current.partition}:s3:::releases/*"]
  }
}

data "aws_iam_policy_document" "pass" {
  statement {
    sid       = "Pass"
    actions   = ["iam:PassRole"]
    resources = ["*"]
  }
}

resource "aws_iam_role" "app" {
  name               = "app"
  assume_role_policy = data.aws_iam_policy_document.assume.json
}

resource "aws_iam_role" "open" {
  name_prefix          = "open-"
  assume_role_policy   = data.aws_iam_policy_document.anyone.json
  max_session_duration = 43200
}

resource "aws_iam_policy" "admin" {
  name   = "admin"
  policy = data.aws_iam_policy_document.admin.json
}

resource "aws_iam_role_policy" "deploy" {
  name   = "deploy"
  role   = aws_iam_role.app.id
  policy = data.aws_iam_policy_document.deploy.json
}

resource "aws_iam_role_policy_attachment" "admin" {
  role       = aws_iam_role.app.name
  policy_arn = aws_iam_policy.admin.arn
}

resource "aws_iam_instance_profile" "app" {
  name = "app"
  role = aws_iam_role.app.name
}

resource "aws_iam_group" "operators" {
  name = "operators"
}

resource "aws_iam_user" "person" {
  for_each      = var.people
  name          = each.key
  force_destroy = true
}

resource "aws_iam_user_policy" "person" {
  for_each = var.people
  name     = "own"
  user     = aws_iam_user.person[each.key].name

  policy = jsonencode({
    Version   = "2012-10-17"
    Statement = [{ Effect = "Allow", Action = "iam:*", Resource = "*" }]
  })
}

resource "aws_iam_access_key" "person" {
  for_each = aws_iam_user.person
  user     = each.value.name
}

resource "aws_iam_account_password_policy" "weak" {
  minimum_password_length = 8
  require_symbols         = false
}

resource "aws_iam_group_membership" "operators" {
  name  = "operators"
  group = aws_iam_group.operators.name
  users = [for user in aws_iam_user.person : user.name]
}
