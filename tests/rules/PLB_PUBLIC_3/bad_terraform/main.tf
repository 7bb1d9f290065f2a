locals {
  public = true
}

resource "aws_cloudwatch_event_target" "nightly" {
  rule = "nightly"
  arn  = "arn:aws:ecs:eu-central-1:111122223333:cluster/main"

  ecs_target {
    task_definition_arn = var.task
    network_configuration {
      subnets          = ["subnet-1"]
      assign_public_ip = local.public # expect
    }
  }
}
