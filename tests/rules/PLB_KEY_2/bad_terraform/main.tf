data "aws_kms_alias" "topics" {
  name = "alias/aws/sns"
}

resource "aws_sns_topic" "orders" {
  kms_master_key_id = data.aws_kms_alias.topics.target_key_arn # expect
}

resource "aws_sqs_queue" "orders" {
  kms_master_key_id = "alias/aws/sqs" # expect
}
