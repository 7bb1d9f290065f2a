locals {
  provider = "arn:aws:iam::123456789012:oidc-provider/token.actions.githubusercontent.com"
  anybody  = ["repo:*"]
}

data "aws_iam_policy_document" "star" {
  statement {
    actions = ["sts:AssumeRoleWithWebIdentity"]
    principals {
      type        = "Federated"
      identifiers = [local.provider]
    }
    condition {
      test     = "StringLike"
      variable = "token.actions.githubusercontent.com:sub"
      values   = ["*"] # expect
    }
  }
}

data "aws_iam_policy_document" "any_repository" {
  statement {
    actions = ["sts:AssumeRoleWithWebIdentity"]
    principals {
      type        = "Federated"
      identifiers = [local.provider]
    }
    condition {
      test     = "ForAnyValue:StringLike"
      variable = "token.actions.githubusercontent.com:sub"
      values = [
        "repo:my-org/infra:*",
        "repo:*:ref:refs/heads/main", # expect
      ]
    }
  }
}

data "aws_iam_policy_document" "any_owner_with_that_repository" {
  statement {
    actions = ["sts:AssumeRoleWithWebIdentity"]
    principals {
      type        = "Federated"
      identifiers = [local.provider]
    }
    condition {
      test     = "StringLike"
      variable = "token.actions.githubusercontent.com:sub"
      values   = ["repo:*/${var.repository}:*"] # expect
    }
  }
}

data "aws_iam_policy_document" "owner_can_be_extended" {
  statement {
    actions = ["sts:AssumeRoleWithWebIdentity"]
    principals {
      type        = "Federated"
      identifiers = [local.provider]
    }
    condition {
      test     = "StringLike"
      variable = "token.actions.githubusercontent.com:sub"
      values   = ["repo:my-org*"] # expect
    }
  }
}

data "aws_iam_policy_document" "from_a_local" {
  statement {
    actions = ["sts:AssumeRoleWithWebIdentity"]
    principals {
      type        = "Federated"
      identifiers = [local.provider]
    }
    condition {
      test     = "StringLike"
      variable = "${local.provider}:sub"
      values   = local.anybody # expect
    }
  }
}

data "aws_iam_policy_document" "everybody_but_one" {
  statement {
    actions = ["sts:AssumeRoleWithWebIdentity"]
    principals {
      type        = "Federated"
      identifiers = [local.provider]
    }
    condition {
      test     = "StringNotLike"
      variable = "token.actions.githubusercontent.com:sub"
      values   = ["repo:my-org/sandbox:*"] # expect
    }
  }
}

data "aws_iam_policy_document" "claim_that_everybody_can_set" {
  statement {
    actions = ["sts:AssumeRoleWithWebIdentity"]
    principals {
      type        = "Federated"
      identifiers = [local.provider]
    }
    condition {
      test     = "StringEquals"
      variable = "token.actions.githubusercontent.com:sub"
      values   = ["environment:production"] # expect
    }
  }
}

data "aws_iam_policy_document" "compared_as_it_is_written" {
  statement {
    actions = ["sts:AssumeRoleWithWebIdentity"]
    principals {
      type        = "Federated"
      identifiers = [local.provider]
    }
    condition {
      test     = "StringEquals"
      variable = "token.actions.githubusercontent.com:sub"
      values   = ["repo:*"] # expect
    }
  }
}
