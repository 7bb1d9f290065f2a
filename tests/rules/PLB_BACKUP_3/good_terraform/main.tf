resource "aws_elasticache_cluster" "pages" {
  engine = "memcached"
}

resource "aws_elasticache_cluster" "member" {
  engine               = "redis"
  replication_group_id = var.group
}

resource "aws_elasticache_cluster" "tiny" {
  engine    = "redis"
  node_type = "cache.t1.micro"
}

resource "aws_elasticache_cluster" "chosen" {
  engine = var.engine
}
