variable "db_password" {
  type      = string
  sensitive = true
}

resource "aws_lambda_function" "shop" {
  function_name = "shop"
  role          = aws_iam_role.shop.arn
  kms_key_arn   = aws_kms_key.shop.arn
  environment {
    variables = {
      DB_HOST     = "db.example.org"
      DB_PASSWORD = var.db_password # expect
    }
  }
}
