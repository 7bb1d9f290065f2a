resource "terraform_data" "install" {
  provisioner "file" {
    source      = "app.conf"
    destination = "/etc/app.conf"
  }
  provisioner "remote-exec" { # expect
    inline = ["apt-get install -y app"]
  }
}
