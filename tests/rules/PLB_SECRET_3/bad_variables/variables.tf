variable "db_password" { # expect
  type        = string
  description = "Password of the database."
}

variable "github_token" { # expect
}

variable "api_key" { # expect
  type    = string
  default = null
}
