module "a" {
  source = "github.com/example/a?ref=v1.2.0"
}

module "b" {
  source = "git@git.internal.example.org:infra/b.git?ref=v1.2.0"
}

module "c" {
  source = "./modules/c"
}
