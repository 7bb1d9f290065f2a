resource "aws_s3_bucket_policy" "document" {
  bucket = "files"
  policy = data.aws_iam_policy_document.files.json
}

resource "aws_s3_bucket_policy" "joined" {
  bucket = "files"
  policy = jsonencode({ Version = "2012-10-17", Statement = concat(local.tls, var.statements) })
}
