resource "aws_sns_topic_policy" "orders" {
  arn    = var.topic
  policy = var.policy
}
