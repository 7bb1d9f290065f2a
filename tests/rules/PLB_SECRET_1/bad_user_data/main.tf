resource "aws_launch_configuration" "web" {
  image_id         = data.aws_ami.ubuntu.id
  instance_type    = "t3.micro"
  metadata_options {
    http_tokens = "required"
  }
  root_block_device {
    encrypted = true
  }
  user_data = <<-EOF
    #!/bin/sh
    export GREETING="Hello there"
    export DATABASE_PASSWORD="SomeSortOfPhrase"
    mysql -u root
  EOF
}

resource "cloudstack_instance" "web" {
  name             = "web"
  service_offering = "small"
  network_id       = "6eb22f91-7454-4107-89f4-36afcdf33021"
  template         = "CentOS 6.5"
  zone             = "zone-1"
  user_data        = "ZXhwb3J0IERBVEFCQVNFX1BBU1NXT1JEPSJTb21lU29ydE9mUGhyYXNlIg=="
}
