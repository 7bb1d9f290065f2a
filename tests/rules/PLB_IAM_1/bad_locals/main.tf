locals {
  statements = [
    {
      Effect   = "Allow"
      Action   = ["sqs:*"]
      Resource = "*"
    },
  ]
}

resource "aws_iam_policy" "queue" { # expect
  name = "queue"
  policy = jsonencode({
    Version   = "2012-10-17"
    Statement = local.statements
  })
}
