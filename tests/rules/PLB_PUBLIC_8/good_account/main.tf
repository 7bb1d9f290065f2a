resource "aws_s3_account_public_access_block" "account" {
  block_public_acls   = true
  block_public_policy = var.block
}

resource "aws_ebs_snapshot_block_public_access" "account" {
  state = "block-all-sharing"
}
