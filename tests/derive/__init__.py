"""Deriving recipes from the checks that Checkov has."""
