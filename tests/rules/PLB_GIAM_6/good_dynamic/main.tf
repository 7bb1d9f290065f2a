resource "google_apikeys_key" "maps" {
  name = "maps"

  dynamic "restrictions" {
    for_each = var.apis
    content {
      api_targets {
        service = restrictions.value
      }
    }
  }
}

variable "apis" { type = list(string) }
