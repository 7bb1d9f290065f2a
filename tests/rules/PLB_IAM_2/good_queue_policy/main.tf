data "aws_iam_policy_document" "queue" {
  statement {
    actions   = ["sqs:*"]
    resources = ["arn:aws:sqs:eu-central-1:111122223333:jobs"]
    principals {
      type        = "Service"
      identifiers = ["events.amazonaws.com"]
    }
  }
}
