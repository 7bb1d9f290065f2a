resource "aws_efs_backup_policy" "files" {
  file_system_id = var.files

  backup_policy {
    status = "DISABLED" # expect
  }
}
