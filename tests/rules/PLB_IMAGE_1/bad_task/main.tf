resource "aws_ecs_task_definition" "shop" {
  family = "shop"
  container_definitions = jsonencode([
    {
      name  = "shop"
      image = "registry.example.org/shop:latest"
    },
    {
      name  = "proxy"
      image = "envoy"
    }
  ])
}

resource "azurerm_container_group" "shop" {
  name = "shop"
  container {
    name  = "shop"
    image = "shop.azurecr.io:443/shop:main" # expect
  }
}
