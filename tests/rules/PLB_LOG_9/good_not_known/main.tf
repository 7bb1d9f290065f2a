resource "aws_cloudtrail" "elsewhere" {
  name           = "elsewhere"
  s3_bucket_name = var.bucket
}

resource "aws_cloudtrail" "main" {
  name           = "main"
  s3_bucket_name = aws_s3_bucket.audit.id
}

resource "aws_s3_bucket" "audit" {
  bucket = "audit"
}

resource "aws_s3_bucket_policy" "each" {
  for_each = var.policies
  bucket   = each.key
  policy   = each.value
}
