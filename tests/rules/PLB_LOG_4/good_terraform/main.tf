resource "aws_guardduty_detector" "main" {
  enable = var.enabled
}

resource "aws_guardduty_detector" "by_default" {
}

resource "aws_macie2_account" "main" {
  status = "ENABLED"
}
