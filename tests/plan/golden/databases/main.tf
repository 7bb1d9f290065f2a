provider "aws" {
  region = "eu-central-1"
}

variable "password" {
  type      = string
  default   = "Not-a-real-password-1"
  sensitive = true
}

variable "production" {
  type    = bool
  default = false
}

resource "aws_kms_key" "data" {
  description             = "Data"
  deletion_window_in_days = 7

  policy = jsonencode({
    Version = "2012-10-17"
    Statement = [{
      Effect    = "Allow"
      Principal = { AWS = "*" }
      Action    = "kms:*"
      Resource  = "*"
    }]
  })
}

resource "aws_kms_alias" "data" {
  name          = "alias/data"
  target_key_id = aws_kms_key.data.key_id
}

resource "aws_db_subnet_group" "main" {
  name       = "main"
  subnet_ids = ["subnet-11111111", "subnet-22222222"]
}

resource "aws_db_parameter_group" "main" {
  name   = "main"
  family = "postgres13"

  parameter {
    name  = "log_connections"
    value = "1"
  }
}

resource "aws_db_instance" "main" {
  identifier             = "main"
  engine                 = "postgres"
  engine_version         = "13.3"
  instance_class         = "db.t3.medium"
  allocated_storage      = 50
  username               = "operator"
  password               = var.password
  publicly_accessible    = !var.production
  storage_encrypted      = var.production
  multi_az               = var.production
  db_subnet_group_name   = aws_db_subnet_group.main.name
  parameter_group_name   = aws_db_parameter_group.main.name
  vpc_security_group_ids = ["sg-12345678"]
  skip_final_snapshot    = true
  tags                   = { Name = "main" }
}

resource "aws_db_instance" "replica" {
  count               = 2
  identifier          = "replica-${count.index}"
  replicate_source_db = aws_db_instance.main.id
  instance_class      = "db.t3.medium"
  kms_key_id          = aws_kms_key.data.arn
  storage_encrypted   = true
}

resource "aws_rds_cluster" "aurora" {
  cluster_identifier = "aurora"
  engine             = "aurora-postgresql"
  master_username    = "operator"
  master_password    = var.password
}

resource "aws_rds_cluster_instance" "aurora" {
  cluster_identifier = aws_rds_cluster.aurora.id
  engine             = aws_rds_cluster.aurora.engine
  instance_class     = "db.r5.large"
}

resource "aws_dynamodb_table" "sessions" {
  name         = "sessions"
  billing_mode = "PAY_PER_REQUEST"
  hash_key     = "id"

  attribute {
    name = "id"
    type = "S"
  }

  attribute {
    name = "user"
    type = "S"
  }

  global_secondary_index {
    name            = "by-user"
    hash_key        = "user"
    projection_type = "ALL"
  }

  ttl {
    attribute_name = "expires"
    enabled        = true
  }
}

resource "aws_elasticache_replication_group" "cache" {
  replication_group_id          = "cache"
  replication_group_description = "Cache"
  node_type                     = "cache.t3.small"
  number_cache_clusters         = 2
}

resource "aws_elasticsearch_domain" "search" {
  domain_name           = "search"
  elasticsearch_version = "7.10"

  cluster_config {
    instance_type = "m5.large.elasticsearch"
  }

  ebs_options {
    ebs_enabled = true
    volume_size = 10
  }
}

resource "aws_redshift_cluster" "warehouse" {
  cluster_identifier = "warehouse"
  node_type          = "ra3.xlplus"
  database_name      = "warehouse"
  master_username    = "operator"
  master_password    = var.password
}

resource "aws_secretsmanager_secret" "password" {
  name = "password"
}

resource "aws_secretsmanager_secret_version" "password" {
  secret_id     = aws_secretsmanager_secret.password.id
  secret_string = var.password
}

resource "aws_ssm_parameter" "host" {
  name  = "/db/host"
  type  = "String"
  value = aws_db_instance.main.address
}
