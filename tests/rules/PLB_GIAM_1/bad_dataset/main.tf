resource "google_bigquery_dataset_access" "ann" {
  dataset_id    = "orders"
  role          = "READER"
  user_by_email = "ann@gmail.com" # expect
}
