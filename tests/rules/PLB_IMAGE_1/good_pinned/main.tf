resource "aws_ecs_task_definition" "shop" {
  family = "shop"
  container_definitions = jsonencode([
    {
      name  = "shop"
      image = "registry.example.org:5000/shop@sha256:7d1a8f6f0cbd8b3f0c4e2f3a7c7f2b2fb0a4d0f1f0ae8e4a1f6bd3a6a2f1c9d3"
    },
    {
      name  = "proxy"
      image = "envoy:1.33.2"
    },
    {
      name  = "other"
      image = "${var.repository}:${var.release}"
    }
  ])
}
