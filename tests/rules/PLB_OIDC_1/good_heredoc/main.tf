resource "aws_iam_openid_connect_provider" "github" {
  url = "https://token.actions.githubusercontent.com"
}

resource "aws_iam_role" "deploy" {
  assume_role_policy = <<-EOF
    {
      "Version": "2012-10-17",
      "Statement": [
        {
          "Effect": "Allow",
          "Principal": {"Federated": "${aws_iam_openid_connect_provider.github.arn}"},
          "Action": "sts:AssumeRoleWithWebIdentity",
          "Condition": {
            "StringEquals": {
              "${replace(aws_iam_openid_connect_provider.github.url, "https://", "")}:aud": "sts.amazonaws.com"
            },
            "StringLike": {
              "${replace(aws_iam_openid_connect_provider.github.url, "https://", "")}:sub": "repo:my-org/app:*"
            }
          }
        }
      ]
    }
  EOF
}
