resource "aws_s3_object" "report" {
  bucket = "reports"
  key    = "report.csv"
  acl    = "public-read" # expect
}

resource "aws_s3_bucket_acl" "data" {
  bucket = "data"

  access_control_policy {
    owner {
      id = "1"
    }
    grant {
      permission = "READ"
      grantee {
        type = "Group"
        uri  = "http://acs.amazonaws.com/groups/global/AllUsers" # expect
      }
    }
  }
}
