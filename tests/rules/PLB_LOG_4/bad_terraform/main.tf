resource "aws_guardduty_detector" "main" {
  enable = false # expect
}

resource "aws_macie2_account" "main" {
  status = "PAUSED" # expect
}

resource "aws_config_configuration_recorder_status" "main" {
  name       = aws_config_configuration_recorder.main.name
  is_enabled = false # expect
}
