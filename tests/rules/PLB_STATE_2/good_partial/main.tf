terraform {
  # the rest comes with -backend-config
  backend "s3" {
    region = "eu-central-1"
  }
}
