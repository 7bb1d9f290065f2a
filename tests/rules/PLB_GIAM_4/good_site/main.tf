resource "google_bigquery_dataset_access" "all" {
  dataset_id    = "orders"
  role          = "READER"
  special_group = "projectReaders"
}
