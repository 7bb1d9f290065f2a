variable "db_password" {
  type      = string
  sensitive = true
}

variable "session_token" {
  type      = string
  ephemeral = true
}

variable "db_secret" {
  type        = string
  description = "ARN of the secret with the password."
}

variable "password_length" {
  type = number
}

variable "manage_master_password" {
  type    = bool
  default = true
}

variable "auth_token" {
  type    = bool
  default = false
}

variable "allow_users_to_change_password" {
  type = string
}
