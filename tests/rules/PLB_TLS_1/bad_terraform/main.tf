resource "aws_cloudfront_distribution" "site" {
  web_acl_id = var.acl

  logging_config {
    bucket = "logs.s3.amazonaws.com"
  }

  viewer_certificate {
    acm_certificate_arn      = var.certificate
    minimum_protocol_version = "TLSv1" # expect
  }
}
