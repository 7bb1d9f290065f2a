variable "name" { type = string }
variable "acl" { type = string }

resource "aws_s3_bucket" "this" {
  bucket = "example-${var.name}"
  acl    = var.acl
}

resource "aws_s3_bucket_public_access_block" "this" {
  count             = var.acl == "private" ? 1 : 0
  bucket            = aws_s3_bucket.this.id
  block_public_acls = true
}

output "arn" {
  value = aws_s3_bucket.this.arn
}
