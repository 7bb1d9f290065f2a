resource "google_compute_instance" "shop" {
  name = "shop"

  metadata = merge(var.metadata, { enable-oslogin = false })
}

variable "metadata" { type = map(string) }
