"""What there is to say of one rule, and the page that says it: in markdown, and for a terminal.

The text is a function of the card alone. Knows no files; who makes a card knows where its parts come from.
"""

from __future__ import annotations

import re
import textwrap
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

_WIDTH = 100
_LANGUAGES = {
    "tf": "hcl",
    "tofu": "hcl",
    "hcl": "hcl",
    "tfvars": "hcl",
    "json": "json",
    "tfstate": "json",
    "yaml": "yaml",
    "yml": "yaml",
    "template": "yaml",
    "sh": "sh",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Sample:
    """One file of an example: its path, and its text in lines. A sample without a path is about a plan."""

    path: str
    lines: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Card:
    """One rule, whoever runs it. Empty parts are those that nobody has written."""

    id: str
    title: str
    severity: str  # word
    runs_on: str  # "Terraform code", "plans"
    scanner: str = "Plumbrule"
    wording: str = ""  # the scanner's own, where the title is ours
    why: str = ""
    remedy: str = ""
    references: tuple[str, ...] = ()
    controls: tuple[str, ...] = ()  # requirements of standards: "CIS AWS 5.2"
    supersedes: tuple[str, ...] = ()
    elsewhere: tuple[str, ...] = ()  # where the same id means something else: "CKV_AZURE_131@arm"
    bad: tuple[Sample, ...] = ()
    good: tuple[Sample, ...] = ()


def page(card: Card) -> str:
    """Return the markdown page of a rule."""
    parts = [
        f"# {card.id}: {card.title}",
        " · ".join((f"**{card.severity.capitalize()}**", f"found by {card.scanner}", card.runs_on)),
        f"{card.scanner}'s wording: {card.wording}" if card.wording else "",
        f"**Why it matters.** {card.why}" if card.why else "",
        f"**What to do.** {card.remedy}" if card.remedy else "",
        *_examples("Found", card.bad),
        *_examples("Not found", card.good),
        _list("Standards", card.controls),
        _list("References", [f"<{link}>" for link in card.references]),
        f"Says it in the place of {', '.join(card.supersedes)}." if card.supersedes else "",
        f"The id means something else in {', '.join(card.elsewhere)}." if card.elsewhere else "",
    ]
    return "\n\n".join(part for part in parts if part) + "\n"


def _list(heading: str, items: Iterable[str]) -> str:
    lines = [f"- {item}" for item in items]
    return "\n".join((f"## {heading}", "", *lines)) if lines else ""


def _examples(heading: str, samples: tuple[Sample, ...]) -> Iterator[str]:
    if samples:
        yield f"## {heading}"
    for sample in samples:
        named = f"`{sample.path}`\n" if sample.path else ""
        yield f"{named}{_fenced(sample)}"


def _fenced(sample: Sample) -> str:
    ticks = (len(run) for line in sample.lines for run in re.findall("`+", line))
    fence = "`" * max(3, 1 + max(ticks, default=0))
    return "\n".join((f"{fence}{_language(sample.path)}", *sample.lines, fence))


def _language(path: str) -> str:
    name = path.rpartition("/")[2].lower()
    if "dockerfile" in name:
        return "dockerfile"
    return _LANGUAGES.get(name.rpartition(".")[2], "text")


def text(card: Card) -> str:
    """Return the same for a terminal, in lines of at most 100 characters but for code and links."""
    head = f"{card.id} · {card.severity} · found by {card.scanner} · {card.runs_on}"
    parts = [
        f"{head}\n{card.title}",
        _wrapped(f"{card.scanner}'s wording: {card.wording}") if card.wording else "",
        _titled("Why it matters", card.why),
        _titled("What to do", card.remedy),
        *_listings("Found", card.bad),
        *_listings("Not found", card.good),
        _titled("Standards", ", ".join(card.controls)),
        "\n".join(("References", *(f"  {link}" for link in card.references))) if card.references else "",
        _titled("In the place of", ", ".join(card.supersedes)),
        _titled("The id means something else in", ", ".join(card.elsewhere)),
    ]
    return "\n\n".join(part for part in parts if part) + "\n"


def _wrapped(line: str, indent: str = "") -> str:
    return textwrap.fill(
        line, _WIDTH, initial_indent=indent, subsequent_indent=indent, break_long_words=False, break_on_hyphens=False
    )


def _titled(heading: str, told: str) -> str:
    return f"{heading}\n{_wrapped(told, '  ')}" if told else ""


def _listings(heading: str, samples: tuple[Sample, ...]) -> Iterator[str]:
    for sample in samples:
        named = f"{heading}: {sample.path}" if sample.path else heading
        yield "\n".join((named, *(f"  | {line}".rstrip() for line in sample.lines)))
