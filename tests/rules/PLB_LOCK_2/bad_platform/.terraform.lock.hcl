provider "registry.terraform.io/hashicorp/google" {
  version = "7.1.0"
  hashes = [ # expect
    "h1:aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa=",
  ]
}
