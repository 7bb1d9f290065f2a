resource "terraform_data" "configure" {
  provisioner "file" {
    source      = "app.conf"
    destination = "/etc/app.conf"
  }
}
