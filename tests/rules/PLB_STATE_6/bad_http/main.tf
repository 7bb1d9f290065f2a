terraform {
  backend "http" {
    address                = "http://state.example.org/shop"      # expect
    lock_address           = "http://state.example.org/shop/lock" # expect
    skip_cert_verification = true                                 # expect
  }
}
