"""What to do about a finding that has no fix, in the reader's own names. Pure: looks at names, parses no code."""

from __future__ import annotations

import re
from dataclasses import dataclass

from reviewer.fix.recipes import ANY, Recipes
from reviewer.model import Finding, Guidance

LANGUAGES = {
    "terraform": "hcl",
    "cloudformation": "yaml",
    "kubernetes": "yaml",
    "helm": "yaml",
    "kustomize": "yaml",
    "github_actions": "yaml",
    "dockerfile": "dockerfile",
    "secrets": "",
}
RENDERED = {"helm": "kubernetes", "kustomize": "kubernetes"}
"""Frameworks whose findings are another's."""

_LONGEST_NAME = 200
_PLACEHOLDER = re.compile(r"\{\{(name|type|address)\}\}")
_MODULES = re.compile(r"^(?:module\.[^.\[]+(?:\[[^\]]*\])?\.)+")


@dataclass(frozen=True, slots=True, kw_only=True)
class Named:
    """How a finding's resource is called. For a module call the type is `module`."""

    type: str
    name: str
    address: str


def guide(finding: Finding, recipes: Recipes, why: str = "") -> Guidance | None:
    """Return what to do about `finding`, None when the table has nothing to say.

    `why` is the reason that an edit was not possible just here.
    """
    named = name(finding)
    framework = RENDERED.get(finding.framework, finding.framework) or "terraform"  # of our own rules
    advice = recipes.advice_on(framework, finding.rule, named.type) or recipes.advice_on(framework, finding.rule, ANY)
    if advice is None and not why:
        return None
    told = _filled(advice.text, named).strip() if advice else ""
    return Guidance(
        fingerprint=finding.fingerprint,
        text=" ".join(part for part in (why, told) if part),
        example=_filled(advice.example, named) if advice else "",
        language=LANGUAGES.get(finding.framework, ""),
    )


def name(finding: Finding) -> Named:
    """Return the names in a finding's resource, as the scanner of its framework spells them."""
    resource = finding.resource
    if finding.framework == "terraform":
        return _terraform(_MODULES.sub("", resource))
    if finding.framework == "cloudformation":
        type_, _, own = resource.rpartition(".")
        return Named(type=type_ or resource, name=own, address=own)
    if RENDERED.get(finding.framework, finding.framework) == "kubernetes":
        kind, _, rest = resource.partition(".")
        own = rest.rpartition(".")[2] or rest
        return Named(type=kind, name=own, address=own)
    own = resource.rpartition(".")[2] or resource
    return Named(type=own, name=own, address=own)


def _terraform(address: str) -> Named:
    parts = address.split(".")
    kind = parts.pop(0) if len(parts) > 2 and parts[0] == "data" else ""
    type_, own = parts[0], re.sub(r"\[.*$", "", ".".join(parts[1:]))
    prefix = f"{kind}." if kind else ""
    return Named(type=type_, name=own or type_, address=f"{prefix}{type_}.{own}" if own else type_)


def _filled(text: str, named: Named) -> str:
    return _PLACEHOLDER.sub(lambda match: _on_one_line(str(getattr(named, match[1]))), text)


def _on_one_line(name: str) -> str:
    """A name with line breaks in it would add lines of its own to an example of ours."""
    return "".join(c if c.isprintable() else " " for c in name[:_LONGEST_NAME])
