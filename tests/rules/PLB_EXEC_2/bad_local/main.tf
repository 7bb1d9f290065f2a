resource "null_resource" "migrate" {
  provisioner "local-exec" { # expect
    command = "psql -f schema.sql"
  }
}
