data "aws_kms_alias" "topics" {
  name = "alias/topics"
}

resource "aws_sns_topic" "orders" {
  kms_master_key_id = data.aws_kms_alias.topics.target_key_arn
}

resource "aws_sns_topic" "chosen" {
  kms_master_key_id = var.key
}
