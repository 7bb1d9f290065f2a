"""DECIDES: what changed, what is new, what the policy makes of it. Pure: no clock, no network, no files.

In reading order: `diff` (where a comment may stand), `compare` (introduced, standing, fixed), `policy` (what the
repository and its organization asked for), `verdict` (passed or blocked). Imports nothing of ours but `model`.
"""
