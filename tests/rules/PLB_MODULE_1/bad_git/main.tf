module "no_ref" {
  source = "git::https://example.com/org/vpc.git" # expect
}

module "no_ref_ssh" {
  source = "git::ssh://git@example.com/org/vpc.git//modules/subnet" # expect
}

module "scp" {
  source = "git@github.com:org/vpc.git" # expect
}

module "short" {
  source = "github.com/org/vpc" # expect
}

module "bitbucket" {
  source = "bitbucket.org/org/vpc" # expect
}

module "main" {
  source = "git::https://example.com/org/vpc.git//modules/subnet?ref=main" # expect
}

module "head" {
  source = "github.com/org/vpc?depth=1&ref=HEAD" # expect
}

module "feature" {
  source = "git::https://example.com/org/vpc.git?ref=feature/JIRA-123" # expect
}

module "heads" {
  source = "git::https://example.com/org/vpc.git?ref=refs%2Fheads%2Frelease-1" # expect
}

module "line_of_development" {
  source = "git::https://example.com/org/vpc.git?ref=v1.x" # expect
}

module "from_a_local" {
  source = local.source # expect
}

locals {
  source = "git::https://example.com/org/vpc.git?ref=develop"
}
