resource "aws_iam_group" "developers" {
  name = "developers"
}

resource "aws_iam_group_policy" "mfa" {
  group = aws_iam_group.developers.name
  policy = jsonencode({
    Statement = [{
      Effect    = "Deny"
      NotAction = ["iam:CreateVirtualMFADevice", "iam:EnableMFADevice"]
      Resource  = "*"
      Condition = { BoolIfExists = { "aws:MultiFactorAuthPresent" = "false" } }
    }]
  })
}
