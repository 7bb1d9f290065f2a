module "a" {
  source = "https://203.0.113.7/a.zip?checksum=sha256:0a1b2c" # expect
}
