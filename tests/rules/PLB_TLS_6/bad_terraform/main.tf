resource "aws_sns_topic_policy" "orders" {
  arn    = var.topic
  policy = jsonencode({ Statement = [{ Effect = "Allow", Principal = { AWS = var.sender }, Action = "sns:Publish", Resource = var.topic }] }) # expect
}
