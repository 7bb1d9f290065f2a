output "generated" {
  value     = random_password.db.result
  sensitive = true
}

output "db_password_arn" {
  value = aws_secretsmanager_secret.db.arn
}

output "access_key" {
  value = aws_kms_key.a.arn
}

output "password_hash" {
  value = sha256(random_password.db.result)
}

output "encrypted_password" {
  value = module.user.login_profile_encrypted_password
}

output "access_key_id" {
  value = module.user.access_key_id
}
