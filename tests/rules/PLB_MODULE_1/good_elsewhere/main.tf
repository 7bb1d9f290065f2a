module "local" {
  source = "./modules/vpc"
}

module "parent" {
  source = "../../modules/github.com/vpc"
}

module "absolute" {
  source = "/opt/modules/vpc"
}

module "registry" {
  source  = "terraform-aws-modules/vpc/aws"
  version = "~> 5.1"
}

module "registry_variable" {
  source  = "app.terraform.io/my-org/vpc/aws"
  version = var.vpc_version
}

module "checked" {
  source = "https://example.com/modules/vpc.zip?checksum=sha256:9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08"
}

module "release" {
  source = "https://github.com/org/vpc/archive/refs/tags/v1.4.2.zip"
}

module "bucket" {
  source = "s3::https://s3-eu-west-1.amazonaws.com/my-modules/vpc.zip"
}

module "container" {
  source = "oci://example.com/modules/vpc?tag=1.4.2"
}

resource "example" "not_a_module" {
  source = "github.com/org/vpc"
}
