data "local_file" "ranges" {
  filename = "ranges.json"
}
