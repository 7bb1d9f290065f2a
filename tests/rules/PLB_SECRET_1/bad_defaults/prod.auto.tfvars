region      = "eu-central-1"
db_password = "N0tARealOne!" # expect
