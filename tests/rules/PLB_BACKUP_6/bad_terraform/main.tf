resource "aws_s3_bucket_versioning" "files" {
  bucket = var.bucket

  versioning_configuration {
    status     = "Enabled"
    mfa_delete = "Disabled" # expect
  }
}
