locals {
  source = "git::https://f00d.ngrok.io/b.git?ref=v1.0.0"
}

module "b" {
  source = local.source # expect
}
