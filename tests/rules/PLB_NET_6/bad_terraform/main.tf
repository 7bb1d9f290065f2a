resource "aws_ec2_instance_metadata_defaults" "account" {
  http_tokens = "optional" # expect
}

resource "aws_imagebuilder_infrastructure_configuration" "images" { # expect
  name                  = "images"
  instance_profile_name = aws_iam_instance_profile.images.name
}
