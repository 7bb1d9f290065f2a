resource "aws_elasticache_cluster" "sessions" { # expect
  engine    = "redis"
  node_type = "cache.m5.large"
}
