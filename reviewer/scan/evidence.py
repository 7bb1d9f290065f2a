"""The offending text, short and without its secrets. Pure.

Whatever looks like a secret is masked here, before a result leaves the sandbox: a mask too many costs nothing.
"""

from __future__ import annotations

import re

MASK = "****"  # four, as everywhere: what is masked already is not masked again
MAX_EVIDENCE = 300

_SENSITIVE = (
    r"(?<![\w.-])[\w.-]*(?:passw|secret|token|(?:api|access|private|auth)[_-]?key|credential|conn\w*_str)[\w.-]*"
)
_NAMED = re.compile(rf"""(?ix)(["']?{_SENSITIVE}["']?\s*[:=]\s*)(["'])(?!\$\{{)(.*?)(?<!\\)\2""")
_NAMED_BARE = re.compile(
    rf"""(?ix)({_SENSITIVE}(?:\s*=\s*|\s*:\s+))(?!["'$]|var\.|local\.|data\.|module\.|true\b|false\b|null\b)(\S+)"""
)
_KNOWN = re.compile(
    r"(?:A3T[A-Z0-9]|AKIA|AGPA|AIDA|AROA|AIPA|ANPA|ANVA|ASIA)[A-Z0-9]{12,}"
    r"|gh[pousr]_\w{20,}|github_pat_\w{20,}|xox[abprs]-[\w-]{8,}|eyJ[\w-]{8,}\.[\w-]{8,}\.[\w-]*|AIza[\w-]{30,}"
    r"|-----BEGIN [A-Z ]*PRIVATE KEY-----.*?(?:-----END [A-Z ]*PRIVATE KEY-----|$)"
    r"|(?<=://)[^\s/:@]*:[^\s/@]+(?=@)"
)
_LONG = re.compile(
    r"""(?<![\w/+.:-])(?=[A-Za-z0-9/+=_-]*\d)(?=[A-Za-z0-9/+=_-]*[A-Za-z])[A-Za-z0-9/+=_]{32,}(?![\w/+])"""
)
_VALUE = re.compile(r"[^\s\"'`,;:=(){}\[\]<>]{4,}")


def fold(text: str) -> str:
    """Return `text` on one line, white space folded, secrets masked, at most MAX_EVIDENCE characters."""
    folded = " ".join(text[: 20 * MAX_EVIDENCE].split())
    masked = mask(folded).rstrip(",")
    return masked if len(masked) <= MAX_EVIDENCE else masked[: MAX_EVIDENCE - 1] + "…"


def mask(text: str) -> str:
    """Replace what looks like a secret by MASK: values of names that say so, well-known forms, long random strings."""
    text = _NAMED.sub(rf"\1\2{MASK}\2", text)
    text = _NAMED_BARE.sub(rf"\1{MASK}", text)
    return _LONG.sub(MASK, _KNOWN.sub(MASK, text))


def mask_all(text: str) -> str:
    """Return a line that is known to hold a secret with everything masked but the name before its first `=` or `:`."""
    folded = " ".join(text[: 20 * MAX_EVIDENCE].split())
    name = re.match(r"""[\w."'-]{1,60}\s*[:=]""", folded)
    head = name.group() if name else ""
    return (head + " " if head else "") + MASK if _VALUE.search(folded) else MASK
