resource "aws_msk_cluster" "events" { # expect
  cluster_name = "events"
}
