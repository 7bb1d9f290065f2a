terraform {
  backend "s3" {
    bucket       = "acme-things"
    key          = "bootstrap/terraform.tfstate"
    encrypt      = true
    use_lockfile = true
  }
}

resource "aws_s3_bucket" "things" { # expect
  bucket = "acme-things"
}

resource "aws_s3_bucket_versioning" "things" {
  bucket = aws_s3_bucket.things.id
  versioning_configuration {
    status = "Suspended"
  }
}
