provider "cloudflare" {
  api_token = "not-a-real-token-at-all" # expect
}

provider "helm" {
  kubernetes {
    host     = "https://cluster.example.org"
    password = "letmein-please" # expect
  }
}
