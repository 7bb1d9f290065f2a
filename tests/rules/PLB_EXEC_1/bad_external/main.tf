data "external" "version" { # expect
  program = ["sh", "version.sh"]
}
