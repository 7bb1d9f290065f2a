resource "aws_codebuild_project" "build" {
  artifacts {
    type                = "S3"
    encryption_disabled = var.public
  }

  dynamic "secondary_artifacts" {
    for_each = var.artifacts
    content {
      encryption_disabled = true
    }
  }
}
