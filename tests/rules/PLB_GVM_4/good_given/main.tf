resource "google_compute_instance" "shop" {
  name = "shop"

  dynamic "shielded_instance_config" {
    for_each = var.shielded ? [1] : []
    content {
      enable_secure_boot = false
    }
  }
}

variable "shielded" { default = true }
