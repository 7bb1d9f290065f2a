resource "aws_cloudwatch_event_target" "nightly" {
  rule = "nightly"
  arn  = "arn:aws:ecs:eu-central-1:111122223333:cluster/main"

  dynamic "ecs_target" {
    for_each = var.targets
    content {
      network_configuration {
        assign_public_ip = true
      }
    }
  }
}
