"""Strategies for text that a pull request may hold, and a reader of markdown that says what GitHub would make of it."""

from __future__ import annotations

import re
from collections.abc import Iterator

from hypothesis import strategies as st
from markdown_it import MarkdownIt
from markdown_it.token import Token

ATTACKS = (
    "@octocat",
    "@acme/security",
    "#123",
    "GH-1",
    "acme/infra#1",
    "acme/infra@deadbeef",
    "a1b2c3d4e5f6",
    "1234567",
    "https://evil.example/x",
    "www.evil.example",
    "[click](https://evil.example)",
    "![x](https://evil.example/p.png)",
    "<img src=x onerror=alert(1)>",
    "<script>",
    "</details>",
    "</sub>",
    "<!--",
    "-->",
    "<!-- plumbrule:comment v1 key=00 fp=11 -->",
    "```",
    "````",
    "~~~",
    "`",
    "``",
    "| a | b |",
    "|---|---|",
    "\n",
    "\r",
    "\n\n",
    "# heading",
    "\n# heading",
    "- item",
    "1. item",
    "> quote",
    "    indented",
    "---",
    "===",
    "***",
    "__",
    "*bold*",
    "_x_",
    "~~gone~~",
    "&lt;",
    "&#64;octocat",
    "&commat;octocat",
    "\\@octocat",
    "\\",
    "$x$",
    ":tada:",
    "[^1]",
    "[x]: https://evil.example",
    "- [ ] task",
    "mailto:a@b.example",
    "a@b.example",
    "xmpp:a@b.example",
    "\u202e",
    "\u200b",
    "\u2066",
    "\x1b[31m",
    "\x1b]8;;https://evil.example\x07",
    "\x00",
    "\x07",
    "\x08",
    "\u2028",
    "\ud800",
    "\ufeff",
    "\U000e0041",
    "[!NOTE]",
    "CVE-2021-44228",
    "(",
    ")",
    "[",
    "]",
    '"',
    "'",
    " ",
    "  ",
    "\t",
    "var.x",
    'module.a["b"].c',
    "${var.x}",
    "0.0.0.0/0",
)

hostile = st.lists(st.one_of(st.sampled_from(ATTACKS), st.text(max_size=8)), max_size=12).map("".join)
"""Known attacks in any order, with anything between them."""

_MARKDOWN = MarkdownIt("commonmark").enable(["table", "strikethrough"])
LIVE = re.compile(
    r"@\w|(?<![\w&])#\d|\bGH-\d|://|\bwww\.|(?<![0-9a-z])[0-9a-f]{7,40}(?![0-9a-z])|:[a-z0-9_+-]+:|\bCVE-\d|\$", re.I
)
"""What GitHub links, renders or replaces in the text between the markup."""


def tokens(markdown: str) -> Iterator[Token]:
    """Every token of `markdown`, those inside lines too."""
    for token in _MARKDOWN.parse(markdown):
        yield token
        yield from token.children or ()


def kinds(markdown: str) -> set[str]:
    """The kinds of tokens in `markdown`."""
    return {token.type for token in tokens(markdown)}


def seen(markdown: str) -> str:
    """What a reader sees of `markdown`, without its spaces and backticks."""
    shown = (t.content for t in tokens(markdown) if t.type in {"text", "code_inline", "fence", "code_block"})
    return re.sub(r"[\s`]", "", "".join(shown))


def live(markdown: str) -> list[str]:
    """What GitHub would make live in the text of `markdown`. Text in code is left alone."""
    lines = []
    for token in _MARKDOWN.parse(markdown):
        if token.type == "inline":
            lines.append("".join(c.content if c.type == "text" else "\n" for c in token.children or ()))
    return [match for line in lines for match in LIVE.findall(line)]
