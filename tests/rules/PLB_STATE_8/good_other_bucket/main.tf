terraform {
  backend "s3" {
    bucket       = "acme-states-of-all"
    key          = "site/terraform.tfstate"
    encrypt      = true
    use_lockfile = true
  }
}

resource "aws_s3_bucket" "site" {
  bucket = "acme-estate-agents"
}
