variable "name" { type = string }
variable "ports" { type = list(number) }
variable "public" { type = bool }
variable "cluster" { type = string }

locals {
  from = var.public ? "0.0.0.0/0" : "10.0.0.0/8"
}

resource "aws_security_group" "this" {
  name_prefix = "${var.name}-"
  description = "For ${var.name}"

  dynamic "ingress" {
    for_each = toset(var.ports)
    content {
      description = "Port ${ingress.value}"
      from_port   = ingress.value
      to_port     = ingress.value
      protocol    = "tcp"
      cidr_blocks = [local.from]
    }
  }
}

resource "aws_ecs_task_definition" "this" {
  family = var.name

  container_definitions = jsonencode([{
    name         = var.name
    image        = "example/${var.name}:latest"
    cpu          = 256
    memory       = 512
    essential    = true
    portMappings = [for port in var.ports : { containerPort = port, hostPort = port }]
  }])
}

resource "aws_ecs_service" "this" {
  name            = var.name
  cluster         = var.cluster
  task_definition = aws_ecs_task_definition.this.arn
  desired_count   = var.public ? 2 : 1
}

resource "aws_cloudwatch_log_group" "this" {
  count             = var.public ? 1 : 0
  name              = "/service/${var.name}"
  retention_in_days = 30
}

module "bucket" {
  source = "./bucket"
  name   = var.name
  acl    = var.public ? "public-read" : "private"
}

output "bucket" {
  value = module.bucket.arn
}
