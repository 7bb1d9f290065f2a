"""What a rule of the scanner means for people: a title, why it matters, what to do.

Texts by rule come from config/explanations.yml; where that says nothing, the reason and remedy of the rule's concept in
the severity table, and a title made from Checkov's own wording ("Ensure X is Y" becomes "X is not Y") where the grammar
is plain, else Checkov's wording. Knows nothing of findings and scans.
"""

from __future__ import annotations

import functools
import re
from dataclasses import dataclass

import yaml

from reviewer.errors import Misconfigured
from reviewer.scan import severities
from reviewer.settings import CONFIG_DIR

EXPLANATIONS_FILE = CONFIG_DIR / "explanations.yml"
_KEYS = frozenset({"title", "why", "remedy"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Explanation:
    """What people read of a rule; `why` and `remedy` are empty when nobody has written them."""

    title: str
    why: str = ""
    remedy: str = ""


def explanation(rule: str, framework: str = "", name: str = "") -> Explanation:
    """Return the texts of `rule`. `name` is Checkov's own wording, the source of a title that nobody has written.

    Raises Misconfigured when the texts cannot be read.
    """
    written = _written().get(f"{rule}@{framework}") or _written().get(rule) or {}
    concept = severities.table().concept(rule, framework)
    return Explanation(
        title=written.get("title") or title_from(name) or rule,
        why=written.get("why") or (concept.why if concept else ""),
        remedy=written.get("remedy") or (concept.remedy if concept else ""),
    )


@functools.cache
def _written() -> dict[str, dict[str, str]]:
    try:
        content = yaml.safe_load(EXPLANATIONS_FILE.read_text("utf-8"))
    except (OSError, UnicodeDecodeError, yaml.YAMLError) as error:
        raise Misconfigured((f"{EXPLANATIONS_FILE.name}: cannot be read: {' '.join(str(error).split())}",)) from error
    if not isinstance(content, dict):
        raise Misconfigured((f"{EXPLANATIONS_FILE.name}: expected a mapping of rules",))
    problems = tuple(
        f"{EXPLANATIONS_FILE.name}: {rule}: expected texts for title, and if you like why and remedy"
        for rule, texts in content.items()
        if not _is_entry(texts)
    )
    if problems:
        raise Misconfigured(problems)
    return content


def _is_entry(texts: object) -> bool:
    return isinstance(texts, dict) and texts.keys() <= _KEYS and all(isinstance(text, str) for text in texts.values())


_ENSURE = re.compile(r"^(?:Ensure|Ensures|Make sure|Verify)\s+(?:that\s+)?", re.IGNORECASE)
_NEGATIONS = (
    ("is not", "is"),
    ("are not", "are"),
    ("does not allow", "allows"),
    ("do not allow", "allow"),
    ("does not have", "has"),
    ("do not have", "have"),
    ("does not use", "uses"),
    ("do not use", "use"),
    ("has been", "has not been"),
    ("have been", "have not been"),
    ("is", "is not"),
    ("are", "are not"),
    ("has", "does not have"),
    ("have", "do not have"),
    ("uses", "does not use"),
    ("use", "do not use"),
    ("enables", "does not enable"),
    ("disables", "does not disable"),
    ("requires", "does not require"),
    ("enforces", "does not enforce"),
    ("defines", "does not define"),
)
_VERB = re.compile(r"\b(?:" + "|".join(positive for positive, _ in _NEGATIONS) + r")\b")
_UNCLEAR = re.compile(
    r"^(?:no|all|every|each|only|any|there|at least|if|when|both)\b"
    r"|\b(?:and|or|that|which|unless|except|if|when|where|specify|by restricting|no|non|only)\b"
    r"|\b(?:should|must|can|cannot)\b|\bnot\b.*\bnot\b|n't\b|[.;:(\[]|'.* .*'",
    re.IGNORECASE,
)
_PLURAL = re.compile(r"\b[a-z]+[a-rt-z]s$")
_FOR_MANY = {
    "does not have": "do not have",
    "does not use": "do not use",
    "allows": "allow",
    "has": "have",
    "uses": "use",
}
"""Checkov writes "IAM policies does not allow" at times; the noun before the verb decides."""


def title_from(name: str) -> str:
    """Return a title that says what is wrong, made from Checkov's wording of what should be; "" for no wording.

    "Ensure the key is rotated" becomes "The key is not rotated". A sentence with more than one verb, a condition or a
    quantifier is given back as it is, for "not" has no sure place in it.
    """
    wording = " ".join(name.split()).rstrip(".")
    statement = _ENSURE.sub("", wording)
    verbs = _VERB.findall(statement)
    if statement == wording or len(verbs) != 1 or _UNCLEAR.search(statement):
        return wording
    subject, _, rest = statement.partition(f" {verbs[0]} ")
    if not subject or not rest:
        return wording
    negation = dict(_NEGATIONS)[verbs[0]]
    if _PLURAL.search(subject):
        negation = _FOR_MANY.get(negation, negation)
    return f"{subject[:1].upper()}{subject[1:]} {negation} {rest}"
