resource "aws_ecs_cluster" "shop" {
  name = "shop"
  tags = merge(var.tags, { owner = "shop" })
  setting {
    name  = "containerInsights"
    value = "enabled"
  }
}

resource "aws_route" "out" {
  route_table_id = var.table
}
