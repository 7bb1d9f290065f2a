locals {
  encrypt = false
}

resource "aws_launch_template" "web" {
  metadata_options {
    http_tokens                 = "required"
    http_put_response_hop_limit = 1
  }

  block_device_mappings {
    device_name = "/dev/xvda"

    ebs {
      encrypted = local.encrypt # expect
    }
  }
}
