terraform {
  backend "pg" {
    conn_str = "postgres://terraform:not-a-real-one@db.example.org/states" # expect
  }
}
