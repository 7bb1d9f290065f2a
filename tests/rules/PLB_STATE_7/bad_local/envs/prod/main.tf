terraform {
  backend "local" { # expect
    path = "shop.tfstate"
  }
}
