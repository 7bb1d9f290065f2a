resource "google_filestore_instance" "shop" {
  name = "shop"
  tier = "BASIC_SSD"
}
