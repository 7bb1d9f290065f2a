resource "aws_lambda_function" "shop" {
  function_name = "shop"
  role          = aws_iam_role.shop.arn
  kms_key_arn   = aws_kms_key.shop.arn
  environment {
    variables = {
      DB_PASSWORD_ARN = aws_secretsmanager_secret.db.arn
      DB_PASSWORD     = aws_secretsmanager_secret.db.arn
      CLIENT_SECRET   = "@Microsoft.KeyVault(SecretUri=${azurerm_key_vault_secret.a.versionless_id})"
    }
  }
}
