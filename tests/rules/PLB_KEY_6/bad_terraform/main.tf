resource "aws_kms_ciphertext" "greeting" { # expect
  key_id    = var.key
  plaintext = <<-EOT
    {"greeting": "an example, and nothing else"}
  EOT
}
