"""Terraform's plan as values: read, redacted, compared, told apart by what it does to a thing.

A leaf beside `hcl`: JSON of `terraform show -json` in, typed values out. Touches no file, runs nothing.
"""
