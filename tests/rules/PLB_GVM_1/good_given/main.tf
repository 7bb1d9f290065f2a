variable "disk_key" {
  type      = string
  sensitive = true
}

resource "google_compute_instance" "shop" {
  name = "shop"

  boot_disk {
    disk_encryption_key_raw = var.disk_key
  }
}
