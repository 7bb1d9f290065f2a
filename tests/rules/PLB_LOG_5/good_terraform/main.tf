resource "aws_config_configuration_aggregator" "all" {
  name = "all"

  organization_aggregation_source {
    all_regions = true
    role_arn    = aws_iam_role.config.arn
  }
}

resource "aws_config_configuration_aggregator" "told" {
  name = "told"

  dynamic "account_aggregation_source" {
    for_each = var.accounts
    content {
      account_ids = [account_aggregation_source.value]
    }
  }
}
