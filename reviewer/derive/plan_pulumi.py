"""What Pulumi's bridged packages tell of Terraform providers: what is computed where it is not written, what is secret,
what recreates.

Pulumi makes these packages from the providers' own code. An output that is never None is one that must be there or is
computed; `additional_secret_outputs` are the sensitive ones; descriptions are those of the provider's documentation,
where azurerm says "Changing this forces a new resource to be created". They name types in their own way, so a class is
matched with the type that has the same attributes.
"""

from __future__ import annotations

import re
import zipfile
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

Block = dict[str, Any]

ALIKE = 0.6
"""So many of all attributes of a class and a type must be the same at least, for the two to be one thing."""

SURE = 1.1
"""Attributes and what the two are called make so much together: 1 and 1 where all is the same."""

_NOT_THERE = frozenset({"id", "timeout"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Told:
    """What a package tells of one resource. Names are plain: see `plain`."""

    token: str  # azure:storage/account:Account
    names: frozenset[str]
    always: frozenset[str] = field(default_factory=frozenset)  # must be there, or computed
    secret: frozenset[str] = field(default_factory=frozenset)
    recreates: frozenset[str] = field(default_factory=frozenset)
    defaults: Mapping[str, str] = field(default_factory=dict)  # as written in the documentation: "true", "30"


def told(path: Path) -> Iterator[Told]:
    """Yield what a wheel tells, class by class."""
    with zipfile.ZipFile(path) as wheel:
        for name in wheel.namelist():
            if name.endswith(".py"):
                text = wheel.read(name).decode("utf-8")
                if "pulumi.CustomResource" in text:
                    yield from _classes(text)


def matched(known: Iterable[Told], blocks: Mapping[str, Block]) -> dict[str, Told]:
    """Return what is told of the types in `blocks`, as far as one class alone fits best."""
    shapes = {type_: frozenset(map(plain, names_of(block))) - _NOT_THERE for type_, block in blocks.items()}
    by_name: dict[str, list[str]] = {}
    for type_, shape in shapes.items():
        for name in shape:
            by_name.setdefault(name, []).append(type_)
    best: dict[str, tuple[tuple[float, float], Told]] = {}
    for one in known:
        near = {type_ for name in _rarest(one.names, by_name) for type_ in by_name[name]}
        score, type_ = max(((_likeness(one, type_, shapes[type_]), type_) for type_ in near), default=((0.0, 0.0), ""))
        if score[0] >= ALIKE and sum(score) >= SURE and (type_ not in best or score > best[type_][0]):
            best[type_] = (score, one)
    return {type_: one for type_, (_, one) in sorted(best.items())}


def _rarest(names: Iterable[str], by_name: Mapping[str, list[str]]) -> list[str]:
    return sorted((name for name in names if name in by_name), key=lambda name: (len(by_name[name]), name))[:3]


def names_of(block: Block) -> tuple[str, ...]:
    """Return the names of a block's attributes and blocks."""
    return (*block.get("attributes", {}), *block.get("block_types", {}))


def plain(name: str) -> str:
    """Return a name as it compares: Pulumi writes `subnetIds` for `subnet_ids` and `corsRules` for `cors_rule`."""
    bare = name.replace("_", "").lower()
    plural = next((pair for pair in _PLURALS if bare.endswith(pair[0]) and not bare.endswith("ss")), ("", ""))
    return bare.removesuffix(plural[0]) + plural[1]


_PLURALS = (("ies", "y"), ("sses", "ss"), ("xes", "x"), ("ches", "ch"), ("shes", "sh"), ("s", ""))


def _likeness(one: Told, type_: str, shape: frozenset[str]) -> tuple[float, float]:
    """How many names are the same, then how alike the two are called."""
    same = len(one.names & shape) / max(len(one.names | shape), 1)
    token, words = one.token.lower().replace("/", ""), type_.split("_")[1:]
    longest = max(sum(map(len, words)), len(token.rpartition(":")[2]))
    return same, sum(len(word) for word in words if word in token) / longest


_CLASS = re.compile(r"^class (\w+)\(pulumi\.CustomResource\):\n(.*?)(?=^class |\Z)", re.M | re.S)
_TOKEN = re.compile(r"super\(\w+, __self__\)\.__init__\(\s*'([\w:/.-]+)'")
_SECRET = re.compile(r"additional_secret_outputs=\[([^\]]*)\]")
_OUTPUT = re.compile(
    r"    def (?P<name>\w+)\(self\) -> pulumi\.Output\[(?P<optional>Optional\[)?[^\n]*\n"
    r"(?: +\"\"\"\n(?P<said>.*?) +\"\"\"\n)?",
    re.S,
)
_GETTER = re.compile(r"@pulumi\.getter(?:\(name=\"(\w+)\"\))?\n$")


def _classes(text: str) -> Iterator[Told]:
    for _, body in _CLASS.findall(text):
        token = _TOKEN.search(body)
        if not token:
            continue
        outputs = [(plain(m["name"]), not m["optional"], m["said"] or "") for m in _OUTPUT.finditer(body)]
        secret = _SECRET.search(body)
        yield Told(
            token=token[1],
            names=frozenset(name for name, _, _ in outputs),
            always=frozenset(name for name, always, _ in outputs if always),
            secret=frozenset(map(plain, re.findall(r"\w+", secret[1]))) if secret else frozenset(),
            recreates=frozenset(name for name, _, said in outputs if _RECREATES.search(said)),
            defaults={name: found[1] or found[2] for name, _, said in outputs if (found := _DEFAULT.search(said))},
        )


_RECREATES = re.compile(
    r"[Cc]hang(?:ing|es)\b[^.]{0,60}\bforces? (?:a |the )?(?:new resource|re-?creation)"
    r"(?: to be created)?+(?! (?:when|if|unless|where)\b)"
)
PULUMIS = "Managed by Pulumi"
"""What these packages write into descriptions, where the provider's own code says "Managed by Terraform"."""

_DEFAULT = re.compile(
    r"\b[Dd]efaults? (?:value )?(?:is|to|of) "
    rf'(?:"({PULUMIS})"|`+"?([^`"\n]+?)"?`+(?! (?:if|when|for(?! new)|unless)\b))'
)
