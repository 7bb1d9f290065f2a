resource "aws_s3_bucket_server_side_encryption_configuration" "files" {
  bucket = var.bucket

  rule {
    apply_server_side_encryption_by_default {
      kms_master_key_id = var.key
      sse_algorithm     = var.key == null ? "AES256" : "aws:kms"
    }
  }
}
