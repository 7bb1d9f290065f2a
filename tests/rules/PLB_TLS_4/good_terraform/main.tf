resource "aws_api_gateway_integration" "inside" {
  connection_type = "VPC_LINK"
  uri             = "http://${var.balancer}/"
}

resource "aws_api_gateway_integration" "chosen" {
  uri = var.uri
}

resource "aws_sns_topic_subscription" "queue" {
  protocol = "sqs"
}
