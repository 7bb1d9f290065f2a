resource "aws_iam_role" "vendor" {
  assume_role_policy = <<EOF
{
  "Statement": [
    {
      "Effect": "Allow",
      "Action": "sts:AssumeRole",
      "Principal": {
        "AWS": "arn:aws:iam::111122223333:root"
      }
    }
  ]
}
EOF
}
