resource "aws_opensearch_domain" "search" {
  domain_name = "search"

  dynamic "node_to_node_encryption" {
    for_each = var.single ? [] : [1]
    content {
      enabled = true
    }
  }
}
