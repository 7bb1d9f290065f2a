resource "aws_db_instance" "orders" {
  identifier          = "orders"
  engine              = "postgres"
  engine_version      = "16.4"
  instance_class      = "db.t4g.medium"
  allocated_storage   = 50
  username            = "orders"
  password            = "correct-horse-battery-staple"
  publicly_accessible = true
  storage_encrypted   = false
  skip_final_snapshot = true
}
