module "a" {
  source = "https://modules.example.org/a.zip?checksum=sha256:0a1b2c"
}

module "b" {
  source = "git::ssh://git@git.example.org/b.git?ref=v1.2.0"
}
