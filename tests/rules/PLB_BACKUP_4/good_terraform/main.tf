resource "aws_efs_backup_policy" "files" {
  file_system_id = var.files

  backup_policy {
    status = var.status
  }
}

resource "aws_fsx_windows_file_system" "share" {
  automatic_backup_retention_days = 7
}
