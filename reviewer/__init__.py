"""Plumbrule reviews infrastructure pull requests. In reading order:

`review` is the story, one call a step; `model` the vocabulary. `server` hears webhooks, `jobs` keeps the work,
`scan` runs the scanners on hostile input, `rules` are ours, `judge` compares and decides, `report` writes, `gh` speaks
with GitHub.
"""
