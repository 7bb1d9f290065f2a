resource "google_compute_instance" "shop" {
  name = "shop"

  boot_disk {
    disk_encryption_key_raw = "b2ggbm8gdGhpcyBpcyBiYWQ=" # expect
  }
}
