resource "aws_s3_bucket_policy" "files" {
  bucket = "files"
  policy = <<-EOT
    {"Statement": [{
      "Effect": "Allow",
      "Principal": {"AWS": "${aws_iam_role.reader.arn}"},
      "Action": "s3:GetObject",
      "Resource": "arn:aws:s3:::files/*"
    }]}
  EOT
}
