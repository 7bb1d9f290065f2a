resource "aws_kms_key" "data" {
  enable_key_rotation     = true
  deletion_window_in_days = var.window
}

resource "aws_kms_key" "usual" {
  enable_key_rotation = true
}
