resource "google_apikeys_key" "maps" { # expect
  name         = "maps"
  display_name = "maps"
}
