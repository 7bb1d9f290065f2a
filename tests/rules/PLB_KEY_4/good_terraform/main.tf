resource "aws_kms_key" "data" {
  enable_key_rotation = true
}

resource "aws_kms_key" "signing" {
  key_usage                = "SIGN_VERIFY"
  customer_master_key_spec = "RSA_4096"
}

resource "aws_kms_key" "chosen" {
  enable_key_rotation = var.rotate
}

resource "aws_kms_key" "elsewhere" {
  custom_key_store_id = var.store
}
