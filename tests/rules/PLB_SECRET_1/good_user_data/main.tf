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
    export DATABASE_PASSWORD="$(aws ssm get-parameter --name /shop/db --with-decryption)"
    export API_TOKEN=$TOKEN
    export PASSWORD_FILE=/run/secrets/db
  EOF
}
