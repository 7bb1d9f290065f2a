resource "aws_s3_object" "report" {
  bucket = "reports"
  key    = "report.csv"
  acl    = var.acl
}

resource "aws_s3_bucket_acl" "logs" {
  bucket = "logs"

  access_control_policy {
    grant {
      permission = "WRITE"
      grantee {
        type = "Group"
        uri  = "http://acs.amazonaws.com/groups/s3/LogDelivery"
      }
    }
  }
}
