locals {
  # a comment is committed, too: glpat-xxxxAb1Cd2Ef3Gh4Ij5K
  greeting = "hello"
}
