provider "aws" {
  region = "eu-central-1"
}

variable "services" {
  type = map(object({ ports = list(number), public = optional(bool, false) }))
  default = {
    shop    = { ports = [80, 443], public = true }
    billing = { ports = [8443] }
  }
}

resource "aws_ecs_cluster" "main" {
  name = "main"
}

module "service" {
  source   = "./service"
  for_each = var.services

  name    = each.key
  ports   = each.value.ports
  public  = each.value.public
  cluster = aws_ecs_cluster.main.id
}

module "archive" {
  source = "./service/bucket"
  count  = 2
  name   = "archive-${count.index}"
  acl    = "private"
}

output "buckets" {
  value = { for name, service in module.service : name => service.bucket }
}
