module "commit" {
  source = "git::https://example.com/org/vpc.git//modules/subnet?ref=3f6c9d0e1b2a4c5d6e7f8091a2b3c4d5e6f70819"
}

module "short_commit" {
  source = "github.com/org/vpc?ref=3f6c9d0"
}

module "tag" {
  source = "git@github.com:org/vpc.git?ref=v1.4.2"
}

module "tag_of_a_submodule" {
  source = "git::ssh://git@example.com/org/modules.git//vpc?depth=1&ref=vpc/1.4.2"
}

module "tag_by_its_full_name" {
  source = "git::https://example.com/org/vpc.git?ref=refs/tags/stable"
}

module "from_a_variable" {
  source = "git::https://example.com/org/vpc.git?ref=${var.vpc_version}"
}

module "from_a_local" {
  source = "git::https://example.com/org/vpc.git?ref=${local.vpc_version}"
}

module "anything" {
  source = var.source
}
