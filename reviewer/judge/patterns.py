"""Shell-style patterns as the policy file writes them: `*` and `?`, and `**` in paths. Pure text; knows no finding.

Square brackets are themselves, because addresses hold them: `module.bucket["site"].aws_s3_bucket.this[0]`.
"""

from __future__ import annotations

from collections.abc import Iterable
from fnmatch import fnmatchcase

ANY_DEPTH = "**"


def text_matches(pattern: str, text: str) -> bool:
    """Whether the whole of `text` is what `pattern` describes. Upper and lower case differ."""
    if pattern == text or not ("*" in pattern or "?" in pattern):
        return pattern == text
    return fnmatchcase(text, pattern.replace("[", "[[]"))


def rule_matches(pattern: str, rule: str) -> bool:
    """Whether `pattern` names `rule`. Upper and lower case are one."""
    return text_matches(pattern.upper(), rule.upper())


def literal_length(pattern: str) -> int:
    """How much of `pattern` is not a wildcard: what makes one pattern more specific than another."""
    return sum(character not in "*?" for character in pattern)


def path_matches(pattern: str, path: str) -> bool:
    """Whether `pattern` describes `path` or a directory above it; `**` stands for any number of directories.

    Walks the path once, keeping the set of places in the pattern where it may be: no pattern makes it slow.
    """
    parts = [part for part in pattern.split("/") if part]
    places = _skipping(parts, {0})
    for segment in path.split("/"):
        if len(parts) in places:
            return True
        places = _skipping(parts, _after(parts, places, segment))
    return len(parts) in places


def any_path_matches(patterns: Iterable[str], path: str) -> bool:
    """Whether one of `patterns` describes `path` or a directory above it."""
    return any(path_matches(pattern, path) for pattern in patterns)


def any_covers(patterns: Iterable[str], directory: str) -> bool:
    """Whether one of `patterns` describes `directory` or what is directly in it: `infra/**` covers `infra`."""
    return any_path_matches(patterns, f"{directory}/")


def _after(parts: list[str], places: set[int], segment: str) -> set[int]:
    after: set[int] = set()
    for place in places - {len(parts)}:
        if parts[place] == ANY_DEPTH:
            after.update((place, place + 1))
        elif text_matches(parts[place], segment):
            after.add(place + 1)
    return after


def _skipping(parts: list[str], places: set[int]) -> set[int]:
    """Add the places reached by letting `**` stand for nothing. A last `**` stands for one name at least."""
    reached = set(places)
    for place in sorted(places):
        following = place
        while following < len(parts) - 1 and parts[following] == ANY_DEPTH:
            following += 1
            reached.add(following)
    return reached
