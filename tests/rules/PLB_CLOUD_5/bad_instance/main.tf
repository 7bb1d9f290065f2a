resource "oci_core_instance" "shop" {
  shape = "VM.Standard.E4.Flex"

  create_vnic_details {
    assign_public_ip = true # expect
  }
}
