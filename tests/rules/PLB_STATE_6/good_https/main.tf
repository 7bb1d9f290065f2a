terraform {
  backend "http" {
    address      = "https://state.example.org/shop"
    lock_address = "https://state.example.org/shop/lock"
  }
}
