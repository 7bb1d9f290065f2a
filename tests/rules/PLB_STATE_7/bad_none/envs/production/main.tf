resource "aws_cloudwatch_log_group" "shop" { # expect
  name              = "shop"
  retention_in_days = 365
  kms_key_id        = aws_kms_key.logs.arn
}
