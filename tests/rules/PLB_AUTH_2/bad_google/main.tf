provider "google" {
  project     = "shop"
  credentials = file("deployer.json") # expect
}
