resource "aws_s3_account_public_access_block" "account" {
  block_public_acls       = true
  block_public_policy     = false # expect
  ignore_public_acls      = true
  restrict_public_buckets = false
}

resource "aws_ebs_snapshot_block_public_access" "account" {
  state = "unblocked" # expect
}
