"""Derives recipes from the code of Checkov and the schemas of providers: at build time, on trusted input only."""
