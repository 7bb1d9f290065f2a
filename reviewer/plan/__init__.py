"""Plans of Terraform roots, made here without providers, credentials or network, or taken from CI.

Everything here that reads a pull request's bytes runs in the contained child (see `scan.warm`).
"""
