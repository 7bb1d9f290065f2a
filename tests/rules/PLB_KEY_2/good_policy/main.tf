resource "aws_iam_policy" "decrypt" {
  name = "decrypt"
  policy = jsonencode({
    Version = "2012-10-17"
    Statement = [{
      Effect    = "Allow"
      Action    = ["kms:Decrypt"]
      Resource  = "arn:aws:kms:eu-central-1:111122223333:key/1234abcd-12ab-34cd-56ef-1234567890ab"
      Condition = { StringEquals = { "kms:RequestAlias" = "alias/aws/sqs" } }
    }]
  })
}
