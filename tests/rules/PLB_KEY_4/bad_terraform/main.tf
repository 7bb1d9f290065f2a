resource "aws_kms_key" "data" {
  enable_key_rotation = false # expect
}

resource "aws_kms_key" "more" { # expect
  for_each    = toset(["a", "b"])
  description = each.key
}
