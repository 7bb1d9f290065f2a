locals {
  prefix  = "ghp_"
  pattern = "glpat-[A-Za-z0-9]{20}"
  short   = "hvs.abc"
}
