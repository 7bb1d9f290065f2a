resource "aws_elasticache_cluster" "sessions" { # expect
  engine    = "redis"
  node_type = "cache.m5.large"
}

resource "aws_elasticache_replication_group" "sessions" { # expect
  replication_group_id = "sessions"
}
