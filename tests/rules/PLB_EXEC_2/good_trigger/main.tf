resource "null_resource" "marker" {
  triggers = {
    version = var.release
  }
}
