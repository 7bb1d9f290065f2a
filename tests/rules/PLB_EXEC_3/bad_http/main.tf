data "http" "address" {
  url = "https://checkip.example.org" # expect
}
