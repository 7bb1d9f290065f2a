resource "aws_iam_group" "operators" { # expect
  name = "operators"
}

resource "aws_iam_group_policy" "operators" {
  group  = aws_iam_group.operators.name
  policy = jsonencode({
    Statement = [{
      Effect   = "Allow"
      Action   = "ec2:StopInstances"
      Resource = "arn:aws:ec2:*:*:instance/*"
    }]
  })
}
