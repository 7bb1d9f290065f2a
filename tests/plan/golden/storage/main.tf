provider "aws" {
  region = "eu-central-1"
}

locals {
  buckets = {
    assets = { public = true, versioned = false }
    ledger = { public = false, versioned = true }
  }
}

resource "aws_kms_key" "ledger" {
  description         = "Ledger"
  enable_key_rotation = true
}

resource "aws_s3_bucket" "logs" {
  bucket = "example-logs"
  acl    = "log-delivery-write"

  lifecycle_rule {
    enabled = true
    prefix  = "log/"

    transition {
      days          = 30
      storage_class = "STANDARD_IA"
    }

    expiration {
      days = 90
    }
  }
}

resource "aws_s3_bucket" "this" {
  for_each      = local.buckets
  bucket        = "example-${each.key}"
  acl           = each.value.public ? "public-read" : "private"
  force_destroy = each.value.public

  versioning {
    enabled = each.value.versioned
  }

  logging {
    target_bucket = aws_s3_bucket.logs.id
    target_prefix = "${each.key}/"
  }

  dynamic "server_side_encryption_configuration" {
    for_each = each.value.versioned ? [1] : []
    content {
      rule {
        apply_server_side_encryption_by_default {
          sse_algorithm     = "aws:kms"
          kms_master_key_id = aws_kms_key.ledger.arn
        }
      }
    }
  }
}

resource "aws_s3_bucket" "site" {
  bucket_prefix = "site-"

  website {
    index_document = "index.html"
  }

  cors_rule {
    allowed_methods = ["GET"]
    allowed_origins = ["*"]
  }
}

data "aws_iam_policy_document" "site" {
  statement {
    sid       = "Read"
    actions   = ["s3:GetObject"]
    resources = ["arn:aws:s3:::example-assets/*"]

    principals {
      type        = "*"
      identifiers = ["*"]
    }
  }

  statement {
    effect    = "Deny"
    actions   = ["s3:*"]
    resources = ["arn:aws:s3:::example-assets", "arn:aws:s3:::example-assets/*"]

    principals {
      type        = "AWS"
      identifiers = ["*"]
    }

    condition {
      test     = "Bool"
      variable = "aws:SecureTransport"
      values   = ["false"]
    }
  }
}

resource "aws_s3_bucket_policy" "site" {
  bucket = aws_s3_bucket.this["assets"].id
  policy = data.aws_iam_policy_document.site.json
}

resource "aws_s3_bucket_public_access_block" "ledger" {
  bucket                  = aws_s3_bucket.this["ledger"].id
  block_public_acls       = true
  block_public_policy     = true
  ignore_public_acls      = true
  restrict_public_buckets = true
}

resource "aws_s3_bucket_object" "readme" {
  bucket  = aws_s3_bucket.site.id
  key     = "README"
  content = "Hello"
}

resource "aws_efs_file_system" "shared" {
  creation_token = "shared"
}

resource "aws_cloudtrail" "trail" {
  name           = "trail"
  s3_bucket_name = aws_s3_bucket.logs.id

  event_selector {
    read_write_type           = "All"
    include_management_events = true

    data_resource {
      type   = "AWS::S3::Object"
      values = ["arn:aws:s3:::"]
    }
  }
}

resource "aws_ecr_repository" "app" {
  name = "app"

  image_scanning_configuration {
    scan_on_push = false
  }
}
