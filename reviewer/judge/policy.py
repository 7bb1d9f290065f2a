"""The policy's front door: text of `.github/plumbrule.yml` in, the policy that rules out.

    text --parse_policy_file--> PolicyFile --combine--> Policy --apply--> ScanResult

Knows no place where files are kept: the caller brings the text, its name for messages, and the day.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from typing import Any

from reviewer.judge.effective import Mode, OnFailure, PlanPolicy, Policy, Setting, apply, apply_rules, digest
from reviewer.judge.policy_file import OrganizationDocument, PolicyDocument
from reviewer.judge.policy_layers import OrganizationPolicy, PolicyFile, combine
from reviewer.judge.policy_problems import PolicyError, check_document

__all__ = [
    "Mode",
    "OnFailure",
    "OrganizationPolicy",
    "PlanPolicy",
    "Policy",
    "PolicyError",
    "PolicyFile",
    "Setting",
    "apply",
    "apply_rules",
    "combine",
    "digest",
    "parse_organization",
    "parse_policy",
    "parse_policy_file",
    "policy_schema",
]


def parse_policy(text: str, *, name: str, today: date) -> Policy:
    """Return the policy in `text` alone, what it does not say being Policy's own defaults. Raises PolicyError."""
    return combine(Policy(), None, parse_policy_file(text, name=name, today=today))


def parse_policy_file(text: str, *, name: str, today: date) -> PolicyFile:
    """Return what a repository's policy `text` says, for `combine`.

    Raises PolicyError with every problem as "name:line: key: what is wrong; expected ...". Waivers that expired before
    `today` are no problem but a notice.
    """
    document, yaml = check_document(text, PolicyDocument, name)
    return _with_notices(PolicyFile(name=name, document=document, yaml=yaml), today)


def parse_organization(text: str, *, name: str, today: date) -> OrganizationPolicy:
    """Return the `defaults` and `locks` of an organization's `text`. Raises PolicyError as parse_policy_file does."""
    document, yaml = check_document(text, OrganizationDocument, name)
    defaults = PolicyFile(name=name, document=document.defaults, yaml=yaml, within=("defaults",))
    return OrganizationPolicy(defaults=_with_notices(defaults, today), locks=tuple(sorted(set(document.locks))))


def policy_schema() -> dict[str, Any]:
    """Return the JSON Schema of a repository's policy file, for editors: config/policy.schema.json."""
    schema = PolicyDocument.model_json_schema()
    within = (
        schema["$defs"][name] for name in ("PathsDocument", "FixesDocument", "PlanDocument", "RequirementsDocument")
    )
    for described in (schema, *within):
        described["properties"] = {key: _or_nothing(value) for key, value in described["properties"].items()}
    return {"$schema": "https://json-schema.org/draft/2020-12/schema", **schema, "title": "Plumbrule policy"}


def _or_nothing(value: dict[str, Any]) -> dict[str, Any]:
    """Allow a list or mapping whose entries are all commented out."""
    if "$ref" in value:
        return {"anyOf": [{"$ref": value.pop("$ref")}, {"type": "null"}], **value}
    return {**value, "type": [value["type"], "null"]} if value.get("type") in ("array", "object") else value


def _with_notices(file: PolicyFile, today: date) -> PolicyFile:
    """Add a notice for each waiver that no longer counts."""
    expired = (
        file.tell(("waivers", index, "expires"), f"this waiver expired on {waiver.expires}; it no longer counts")
        for index, waiver in enumerate(file.document.waivers)
        if today > date.fromisoformat(waiver.expires)
    )
    return replace(file, notices=tuple(expired))
