resource "opc_compute_ip_address_reservation" "shop" {
  name            = "shop"
  ip_address_pool = "cloud-ippool"
}
