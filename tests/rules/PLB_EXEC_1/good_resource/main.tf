resource "external" "x" {
}
