resource "aws_ssm_parameter" "ami" {
  name  = "/shop/ami"
  type  = "String"
  value = data.aws_ami.shop.id
}
