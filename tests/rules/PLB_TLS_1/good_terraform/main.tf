resource "aws_cloudfront_distribution" "default" {
  web_acl_id = var.acl

  logging_config {
    bucket = "logs.s3.amazonaws.com"
  }

  viewer_certificate {
    cloudfront_default_certificate = true
    minimum_protocol_version       = "TLSv1"
  }
}

resource "aws_cloudfront_distribution" "own" {
  web_acl_id = var.acl

  logging_config {
    bucket = "logs.s3.amazonaws.com"
  }

  viewer_certificate {
    acm_certificate_arn      = var.certificate
    minimum_protocol_version = "TLSv1.2_2021"
  }
}

resource "aws_cloudfront_distribution" "chosen" {
  web_acl_id = var.acl

  logging_config {
    bucket = "logs.s3.amazonaws.com"
  }

  viewer_certificate {
    cloudfront_default_certificate = var.certificate == null
    acm_certificate_arn            = var.certificate
    minimum_protocol_version       = var.certificate == null ? "TLSv1" : "TLSv1.2_2021"
  }
}
