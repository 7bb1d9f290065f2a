"""Plans of Terraform roots, made here without providers, credentials or network, or taken from CI.

What reads a pull request's code runs in the contained child (see `scan.warm`). Only `artifact` works in the worker: it
opens what a workflow left, under limits that believe nothing it says.
"""
