resource "aws_kms_ciphertext" "greeting" {
  key_id    = var.key
  plaintext = var.greeting
}

resource "aws_iam_server_certificate" "site" {
  private_key = file("${path.module}/key.pem")
}
