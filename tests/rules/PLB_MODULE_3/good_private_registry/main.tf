module "a" {
  source  = "registry.example.org/infra/a/aws"
  version = "1.2.0"
}

module "b" {
  source = "${var.host}/b.zip?checksum=sha256:0a1b2c"
}
