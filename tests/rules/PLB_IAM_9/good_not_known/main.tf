resource "aws_iam_group" "developers" {
  name = var.name
}

resource "aws_iam_group_policy_attachment" "given" {
  for_each   = toset(var.policies)
  group      = aws_iam_group.developers.name
  policy_arn = each.value
}
