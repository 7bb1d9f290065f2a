module "archive" {
  source = "https://example.com/modules/vpc.zip" # expect
}

module "in_the_clear" {
  source = "https://example.com/modules/vpc-1.2.0.tar.gz" # expect
}

module "mercurial" {
  source = "hg::https://example.com/vpc" # expect
}

module "container" {
  source = "oci://example.com/modules/vpc" # expect
}

module "container_latest" {
  source = "oci://example.com/modules/vpc?tag=latest" # expect
}
