resource "aws_ec2_instance_metadata_defaults" "account" {
  http_tokens = "required"
}

resource "aws_imagebuilder_infrastructure_configuration" "images" {
  name = "images"
  instance_metadata_options {
    http_tokens = var.tokens
  }
}
