"""Words from the repository, made harmless for each place they go to.

Owns the neutralising: after `prose`, `code`, `fence` or `plain` a string from a pull request cannot mention anybody,
link anywhere, close a fence, start a heading or a list, hide or reorder characters, drive a terminal, forge a marker or
show a secret. Must not know what the words are about. GitHub links mentions, issues and commits in rendered text
whatever was escaped, and leaves code spans alone: so risky words become code, which also keeps them fit for copying.
"""

from __future__ import annotations

import re
import unicodedata

from reviewer.masking import mask_secrets
from reviewer.report.markers import disarm

_HIDDEN = frozenset("\u034f\u115f\u1160\u17b4\u17b5\u3164\uffa0\u2800")  # blank, but of no blank category
_VARIATION = re.compile("[\ufe00-\ufe0f\U000e0100-\U000e01ef]")
_BLANK = re.compile(f"[{''.join(sorted(_HIDDEN))}]|{_VARIATION.pattern}")
_SUSPECT = re.compile(r"[^\x20-\x7e\n]")

_RISKY = re.compile(
    r"[\\`*_\[\]<>&~|$^@{}]"  # markup, entities, mathematics, mentions, mail addresses
    r"|#\d|\bgh-\d|\bghsa-|\bcve-\d"  # issues, advisories
    r"|:/|\bwww\.|\b(?:mailto|xmpp):"  # links
    r"|(?<![0-9a-z])[0-9a-f]{7,64}(?![0-9a-z])"  # commits
    r"|:[a-z0-9_+-]+:",  # emoji
    re.I,
)
_WORD = re.compile(r"^(\(?)(.*?)([.,;:!?]*)$", re.S)
_MARKUP = re.compile(r"([\\`*_\[\]<>&~|$!])")
_LINE_START = re.compile(r"^(?:[#+\-=>:]|\d+(?=[.)]))")


def visible(text: str) -> str:
    """Return `text` with control, direction, zero-width and broken characters as `⟨U+202E⟩`; line breaks become \\n.

    Secrets are masked and our markers broken, here, so that no way out misses it.
    """
    return disarm(mask_secrets(printable(text)))


def printable(text: str) -> str:
    """Return `text` with nothing that hides, reorders or drives: what a terminal may be given, line by line."""
    if text.isprintable() and not _BLANK.search(text):
        return text
    text = text.replace("\r\n", "\n").replace("\t", "    ")
    return _SUSPECT.sub(_shown, _VARIATION.sub("", text))


def is_bare(text: str) -> bool:
    """Whether `text` holds nothing that `visible` would show in another way, but tabs, CRLF and secrets.

    What must be exact (a suggestion, a patch) can be shown only if it is.
    """
    text = text.replace("\r\n", "\n").replace("\t", "")
    return printable(text) == text == disarm(text)


def _shown(match: re.Match[str]) -> str:
    character = match[0]
    category = unicodedata.category(character)
    if character in _HIDDEN or category in {"Cc", "Cf", "Cs", "Cn", "Zl", "Zp"}:
        return f"⟨U+{ord(character):04X}⟩"
    return " " if category == "Zs" else character


def one_line(text: str, limit: int) -> str:
    """Return `visible` text on one line, white space folded, at most `limit` characters (then with …)."""
    # Far more than is shown, so that what is masked is masked whole; not all, for it may be megabytes.
    return clip(" ".join(visible(text[: 4 * limit + 2000]).split()), limit)


def clip(text: str, limit: int) -> str:
    """Return at most `limit` characters of `text`, the last of them … when some were left out."""
    return text if len(text) <= limit else text[: limit - 1].rstrip() + "…"


def code(text: str, limit: int = 200) -> str:
    """Return `text` as one inline code span that nothing in it can end; an empty text is an empty string."""
    return _span(one_line(text, limit))


def _span(text: str) -> str:
    if not text:
        return ""
    runs = {len(run) for run in re.findall("`+", text)}
    ticks = "`" * next(n for n in range(1, len(runs) + 2) if n not in runs)
    pad = " " if text.startswith("`") or text.endswith("`") else ""
    return f"{ticks}{pad}{text}{pad}{ticks}"


def prose(text: str, limit: int = 1000) -> str:
    """Return `text` as one line of live markdown in which nothing is live but `code` between backticks.

    Words that GitHub would make something of (mentions, links, issues, commits, markup) become code themselves.
    """
    parts = re.split(r"`([^`]+)`", one_line(text, limit))
    pieces = [_span(part.strip()) if i % 2 else _words(part) for i, part in enumerate(parts)]
    return _spaced_apart(pieces)


def _words(text: str) -> str:
    return " ".join(_word(word) for word in text.split(" "))


def _word(word: str) -> str:
    match = _WORD.match(word)
    if match is None or not _RISKY.search(word):
        return _escaped(word)
    before, middle, after = match.groups()
    if before and middle.endswith(")") and ")" not in middle[:-1]:
        middle, after = middle[:-1], ")" + after
    return f"{_escaped(before)}{_span(middle)}{_escaped(after)}"


def _escaped(text: str) -> str:
    return _MARKUP.sub(r"\\\1", text)


def _spaced_apart(pieces: list[str]) -> str:
    """Join; two code spans that touch would read as one with another number of backticks."""
    joined = ""
    for piece in pieces:
        joined += " " + piece if joined.endswith("`") and piece.startswith("`") else piece
    return _line_start(joined.strip())


def _line_start(text: str) -> str:
    match = _LINE_START.match(text)
    if match is None:
        return text
    at = match.end() if match[0][0].isdigit() else 0
    return f"{text[:at]}\\{text[at:]}"


def fence(text: str, info: str) -> str:
    """Return `text` as a fenced code block that nothing in it can end. `info` is ours, such as `yaml`."""
    text = visible(text).rstrip("\n")
    ticks = _ticks(text)
    return f"{ticks}{info}\n{text}\n{ticks}"


def exact_fence(text: str, info: str) -> str:
    """Return `text`, which `is_bare` and holds no secret, byte for byte in a fence; "" is a fence without a line."""
    ticks = _ticks(text)
    end = "" if not text or text.endswith("\n") else "\n"
    return f"{ticks}{info}\n{text}{end}{ticks}"


def _ticks(text: str) -> str:
    return "`" * max(3, 1 + max((len(run) for run in re.findall("`+", text)), default=0))


def plain(text: str, limit: int) -> str:
    """Return `text` for a place that shows it as it is: annotations, SARIF, a terminal."""
    return one_line(text, limit)


def sentence(text: str) -> str:
    """Return markdown `text` with a full stop if it has no end of its own."""
    if not text or text[-1] in ".!?:…" or text.endswith((".`", "?`")):
        return text
    return text + ("\\." if text.isdigit() else ".")  # a number and a dot would start a list
