data "aws_iam_policy_document" "queue" {
  statement {
    actions   = ["sqs:*"] # expect
    resources = [aws_sqs_queue.jobs.arn]
    principals {
      type        = "AWS"
      identifiers = ["arn:aws:iam::111122223333:role/worker"]
    }
  }
}
