"""Plans of Terraform roots, made here without providers, credentials or network, or taken from CI.

What reads a pull request's code runs in the contained child (see `scan.warm`). Only `artifact` opens what a workflow left
in the worker, under limits that believe nothing it says.
"""
