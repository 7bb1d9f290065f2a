data "aws_iam_policy_document" "images" {
  statement {
    actions = ["ecr:BatchGetImage"]
    principals {
      type        = "*"
      identifiers = ["*"] # expect
    }
  }
}

resource "aws_ecr_repository_policy" "images" {
  repository = "images"
  policy     = data.aws_iam_policy_document.images.json
}
