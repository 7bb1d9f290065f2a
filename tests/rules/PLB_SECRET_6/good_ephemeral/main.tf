ephemeral "random_password" "broker" {
  length = 32
}
