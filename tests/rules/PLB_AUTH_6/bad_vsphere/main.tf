locals {
  unverified = true
}

provider "vsphere" {
  vsphere_server       = "vcenter.example.org"
  allow_unverified_ssl = true # expect
}
