terraform {
  backend "consul" {
    address = "consul.example.org"
    scheme  = "http" # expect
    path    = "states/shop"
  }
}
