resource "random_password" "broker" {
  count  = 2
  length = 32
}

resource "local_file" "shop" {
  filename = "shop.env"
  content  = "BROKER=${random_password.broker[0].result}" # expect
}
