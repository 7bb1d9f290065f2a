variable "name" {
  type = string
}

variable "private" {
  type    = bool
  default = true
}

resource "aws_s3_bucket" "this" {
  bucket = var.name
}

resource "aws_s3_bucket_public_access_block" "this" {
  bucket                  = aws_s3_bucket.this.id
  block_public_acls       = var.private
  block_public_policy     = var.private
  ignore_public_acls      = var.private
  restrict_public_buckets = var.private
}
