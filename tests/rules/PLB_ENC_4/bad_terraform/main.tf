resource "aws_codebuild_project" "build" {
  artifacts {
    type = "NO_ARTIFACTS"
  }

  logs_config {
    s3_logs {
      status              = "ENABLED"
      encryption_disabled = true # expect
    }
  }
}
