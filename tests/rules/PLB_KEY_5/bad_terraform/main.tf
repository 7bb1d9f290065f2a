locals {
  window = 7
}

resource "aws_kms_key" "data" {
  enable_key_rotation     = true
  deletion_window_in_days = local.window # expect
}
