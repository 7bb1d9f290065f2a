provider "aws" {
  region = "eu-central-1"
}

variable "subnets" {
  type    = list(string)
  default = ["subnet-11111111", "subnet-22222222"]
}

resource "aws_eks_cluster" "main" {
  name     = "main"
  role_arn = "arn:aws:iam::111122223333:role/eks"

  vpc_config {
    subnet_ids             = var.subnets
    endpoint_public_access = true
  }
}

resource "aws_eks_node_group" "workers" {
  cluster_name    = aws_eks_cluster.main.name
  node_group_name = "workers"
  node_role_arn   = "arn:aws:iam::111122223333:role/node"
  subnet_ids      = var.subnets

  scaling_config {
    desired_size = 2
    max_size     = 4
    min_size     = 1
  }

  remote_access {
    ec2_ssh_key = "operator"
  }
}

resource "aws_launch_template" "web" {
  name_prefix   = "web-"
  image_id      = "ami-0123456789abcdef0"
  instance_type = "t3.small"

  block_device_mappings {
    device_name = "/dev/sda1"

    ebs {
      volume_size = 20
    }
  }

  network_interfaces {
    associate_public_ip_address = true
  }
}

resource "aws_autoscaling_group" "web" {
  name                = "web"
  max_size            = 4
  min_size            = 1
  vpc_zone_identifier = var.subnets

  launch_template {
    id      = aws_launch_template.web.id
    version = "$Latest"
  }

  tag {
    key                 = "team"
    value               = "platform"
    propagate_at_launch = true
  }
}

resource "aws_autoscaling_policy" "cpu" {
  name                   = "cpu"
  autoscaling_group_name = aws_autoscaling_group.web.name
  policy_type            = "TargetTrackingScaling"

  target_tracking_configuration {
    target_value = 50

    predefined_metric_specification {
      predefined_metric_type = "ASGAverageCPUUtilization"
    }
  }
}

resource "aws_route53_zone" "inside" {
  name = "inside.example"

  vpc {
    vpc_id = "vpc-12345678"
  }
}

resource "aws_route53_record" "web" {
  count   = 2
  zone_id = aws_route53_zone.inside.zone_id
  name    = "web-${count.index}"
  type    = "A"
  ttl     = 300
  records = ["10.0.0.${count.index + 10}"]
}

resource "aws_acm_certificate" "web" {
  domain_name               = "web.example"
  subject_alternative_names = ["www.web.example"]
  validation_method         = "DNS"
}

resource "aws_route53_record" "validation" {
  for_each = { for option in aws_acm_certificate.web.domain_validation_options : option.domain_name => option }

  zone_id = aws_route53_zone.inside.zone_id
  name    = each.value.resource_record_name
  type    = each.value.resource_record_type
  ttl     = 60
  records = [each.value.resource_record_value]
}

resource "aws_wafv2_web_acl" "web" {
  name  = "web"
  scope = "REGIONAL"

  default_action {
    allow {}
  }

  rule {
    name     = "rate"
    priority = 1

    action {
      block {}
    }

    statement {
      rate_based_statement {
        limit = 1000
      }
    }

    visibility_config {
      cloudwatch_metrics_enabled = false
      metric_name                = "rate"
      sampled_requests_enabled   = false
    }
  }

  visibility_config {
    cloudwatch_metrics_enabled = false
    metric_name                = "web"
    sampled_requests_enabled   = false
  }
}

resource "aws_apigatewayv2_api" "http" {
  name          = "http"
  protocol_type = "HTTP"

  cors_configuration {
    allow_origins = ["*"]
  }
}

resource "aws_apigatewayv2_stage" "live" {
  api_id      = aws_apigatewayv2_api.http.id
  name        = "live"
  auto_deploy = true
}

resource "aws_codebuild_project" "build" {
  name         = "build"
  service_role = "arn:aws:iam::111122223333:role/build"

  artifacts {
    type = "NO_ARTIFACTS"
  }

  environment {
    compute_type    = "BUILD_GENERAL1_SMALL"
    image           = "aws/codebuild/standard:5.0"
    type            = "LINUX_CONTAINER"
    privileged_mode = true

    environment_variable {
      name  = "STAGE"
      value = "live"
    }
  }

  source {
    type     = "GITHUB"
    location = "https://github.com/example/app.git"
  }
}

resource "aws_backup_vault" "main" {
  name = "main"
}

resource "aws_backup_plan" "daily" {
  name = "daily"

  rule {
    rule_name         = "daily"
    target_vault_name = aws_backup_vault.main.name
    schedule          = "cron(0 5 * * ? *)"

    lifecycle {
      delete_after = 14
    }
  }
}

resource "aws_config_configuration_recorder" "main" {
  role_arn = "arn:aws:iam::111122223333:role/config"
}

resource "aws_guardduty_detector" "main" {
  enable = false
}

resource "aws_glue_catalog_database" "lake" {
  name = "lake"
}

resource "aws_glue_crawler" "lake" {
  name          = "lake"
  database_name = aws_glue_catalog_database.lake.name
  role          = "arn:aws:iam::111122223333:role/glue"

  s3_target {
    path = "s3://example-lake"
  }
}

resource "aws_athena_workgroup" "lake" {
  name = "lake"

  configuration {
    result_configuration {
      output_location = "s3://example-lake/results/"
    }
  }
}

resource "aws_sagemaker_notebook_instance" "lab" {
  name          = "lab"
  role_arn      = "arn:aws:iam::111122223333:role/lab"
  instance_type = "ml.t3.medium"
}

resource "aws_msk_cluster" "events" {
  cluster_name           = "events"
  kafka_version          = "2.7.0"
  number_of_broker_nodes = 2

  broker_node_group_info {
    instance_type   = "kafka.m5.large"
    ebs_volume_size = 100
    client_subnets  = var.subnets
    security_groups = ["sg-12345678"]
  }
}

resource "aws_mq_broker" "jobs" {
  broker_name         = "jobs"
  engine_type         = "ActiveMQ"
  engine_version      = "5.15.9"
  host_instance_type  = "mq.t3.micro"
  publicly_accessible = true

  user {
    username = "operator"
    password = "Not-a-real-password-2"
  }
}

resource "aws_cognito_user_pool" "people" {
  name = "people"

  password_policy {
    minimum_length = 8
  }
}

resource "aws_docdb_cluster" "documents" {
  cluster_identifier  = "documents"
  master_username     = "operator"
  master_password     = "Not-a-real-password-3"
  skip_final_snapshot = true
}

resource "aws_neptune_cluster" "graph" {
  cluster_identifier = "graph"
}

resource "aws_vpc_endpoint" "s3" {
  vpc_id       = "vpc-12345678"
  service_name = "com.amazonaws.eu-central-1.s3"
}

resource "aws_elb" "classic" {
  name    = "classic"
  subnets = var.subnets

  listener {
    instance_port     = 80
    instance_protocol = "http"
    lb_port           = 80
    lb_protocol       = "http"
  }
}
