resource "aws_msk_cluster" "events" {
  count        = 0
  cluster_name = "events"
}

resource "aws_msk_cluster" "orders" {
  dynamic "encryption_info" {
    for_each = var.keys
    content {
      encryption_at_rest_kms_key_arn = encryption_info.value
    }
  }
}

resource "aws_ecr_repository" "app" {
  image_tag_mutability = "IMMUTABLE"

  encryption_configuration {
    encryption_type = "AES256"
  }
}
