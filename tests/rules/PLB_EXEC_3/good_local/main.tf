data "http" "me" {
  url = "http://169.254.169.254/latest/meta-data/public-ipv4"
}
