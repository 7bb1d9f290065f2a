module "a" {
  source = "http://modules.example.org/a.zip?checksum=sha256:0a1b2c" # expect
}

module "b" {
  source = "git::http://git.example.org/b.git?ref=v1.2.0" # expect
}
