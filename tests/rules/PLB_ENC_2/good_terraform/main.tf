resource "aws_launch_template" "web" {
  metadata_options {
    http_tokens                 = "required"
    http_put_response_hop_limit = 1
  }

  block_device_mappings {
    device_name = "/dev/xvda"

    ebs {
      encrypted = var.encrypt
    }
  }

  dynamic "block_device_mappings" {
    for_each = var.disks
    content {
      device_name = block_device_mappings.key

      ebs {
        volume_size = block_device_mappings.value
      }
    }
  }
}
