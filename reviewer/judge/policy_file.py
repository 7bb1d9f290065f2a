"""What may stand in a policy file: its keys and their values, for a repository and for an organization.

These pydantic models are the one description of the format: they check files and they are the JSON Schema. Knows
nothing of lines, and nothing of what the values do.
"""

from __future__ import annotations

import re
from datetime import date
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field, model_validator

MIN_REASON = 5
MOST_SARIF = 10
"""Artifacts; for each of them every run on the head is asked."""
"""Characters of a reason: enough to name a ticket."""

RuleSetting = Literal["off", "critical", "high", "medium", "low", "info"]
Threshold = Literal["critical", "high", "medium", "low", "info", "never"]
Standard = Literal["cis", "pci", "soc2", "hipaa", "nist"]
Key = Literal[
    "mode",
    "block_at",
    "comment_at",
    "on_failure",
    "skips",
    "paths",
    "rules",
    "waivers",
    "fixes",
    "plan",
    "requirements",
    "compliance",
    "sarif",
]

_RULE = re.compile(r"[A-Za-z0-9_*?.-]{1,100}")
_CHOICE = re.compile(r"[a-z][a-z0-9_]{0,60}")
_WORKSPACE = re.compile(r"[A-Za-z0-9_.-]{1,90}")
_DAY = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")


def shown(value: object) -> str:
    """Return `value` for a message: one short line, whatever it is."""
    match value:
        case None:
            return "nothing"
        case str():
            return repr(value if len(value) <= 60 else value[:57] + "...")
        case list() | dict():
            return "a list" if isinstance(value, list) else "a mapping"
        case _:
            return str(value)


def _rule_pattern(text: str) -> str:
    if not _RULE.fullmatch(text):
        raise ValueError(f"{shown(text)} cannot name a rule; expected one such as CKV_AWS_24, or CKV_AWS_* for many")
    return text


def _path_pattern(text: str) -> str:
    outside = text.startswith("/") or "\\" in text or {".", ".."} & set(text.split("/"))
    if outside or not text.strip(" /"):
        raise ValueError(f"{shown(text)} is not a path in the repository; expected one such as modules/legacy/**")
    return text


def _choice_name(text: str) -> str:
    if not _CHOICE.fullmatch(text):
        raise ValueError(f"{shown(text)} cannot name a choice; expected one such as private_cidr")
    return text


def _directory(text: str) -> str:
    return "" if text == "." else _path_pattern(text).strip("/")


def _workspace(text: str) -> str:
    if not _WORKSPACE.fullmatch(text):
        raise ValueError(f"{shown(text)} cannot name a workspace; expected one such as prod")
    return text


def _not_blank(text: str) -> str:
    if not text.strip():
        raise ValueError("it is blank; expected some text")
    return text.strip()


def _reason(text: str) -> str:
    if len(text.strip()) < MIN_REASON:
        raise ValueError(
            f"{shown(text)} is no reason; expected why the risk is accepted, {MIN_REASON} characters or more"
        )
    return text.strip()


def _day(text: str) -> str:
    try:
        if not _DAY.fullmatch(text):
            raise ValueError
        date.fromisoformat(text)
    except ValueError:
        raise ValueError(f"{shown(text)} is not a day; expected a date such as 2027-03-31") from None
    return text


def _empty_list(value: Any) -> Any:
    return [] if value is None else value


def _empty_mapping(value: Any) -> Any:
    return {} if value is None else value


Text = Annotated[str, AfterValidator(_not_blank)]
RulePattern = Annotated[str, AfterValidator(_rule_pattern), Field(json_schema_extra={"pattern": f"^{_RULE.pattern}$"})]
PathPattern = Annotated[str, AfterValidator(_path_pattern)]
Reason = Annotated[str, AfterValidator(_reason), Field(json_schema_extra={"minLength": MIN_REASON})]
Day = Annotated[str, AfterValidator(_day), Field(json_schema_extra={"format": "date"})]
ChoiceName = Annotated[str, AfterValidator(_choice_name), Field(json_schema_extra={"pattern": f"^{_CHOICE.pattern}$"})]
ChoiceValue = Text | list[Text]
PathPatterns = Annotated[list[PathPattern], BeforeValidator(_empty_list)]


Directory = Annotated[str, AfterValidator(_directory)]
Workspace = Annotated[str, AfterValidator(_workspace)]


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", strict=True)


class PathsDocument(_Strict):
    """Which files are reviewed."""

    include: PathPatterns = Field(default=[], description="Only what these patterns describe. Empty: everything.")
    exclude: PathPatterns = Field(default=[], description="Never what these patterns describe.")


class WaiverDocument(_Strict):
    """An accepted risk."""

    model_config = ConfigDict(json_schema_extra={"anyOf": [{"required": ["resource"]}, {"required": ["path"]}]})

    rule: RulePattern = Field(description="The rule, or a pattern such as CKV_AWS_*.")
    resource: Text | None = Field(default=None, description="The resource's address; * and ? are wildcards.")
    path: PathPattern | None = Field(default=None, description="The path; * and ? and ** are wildcards.")
    reason: Reason = Field(description="Why the risk is accepted.")
    expires: Day = Field(description="The last day on which it is, such as 2027-03-31.")
    approved_by: Text | None = Field(default=None, description="Who accepted it.")

    @model_validator(mode="after")
    def _has_a_place(self) -> WaiverDocument:
        if self.resource is None and self.path is None:
            raise ValueError("it would cover the whole repository; expected resource or path as well")
        return self


class FixesDocument(_Strict):
    """What fixes may be made of."""

    suggest: Literal["on", "off"] = Field(default="on", description="Whether fixes are proposed.")
    choices: Annotated[dict[ChoiceName, ChoiceValue], BeforeValidator(_empty_mapping)] = Field(
        default={}, description="Values that only you know, such as private_cidr: docs/choices.md lists them."
    )


class PlanDocument(_Strict):
    """What is planned, with which values, and what a plan may do."""

    run: Literal["on", "off"] = Field(default="on", description="Whether roots are planned, without providers.")
    workspaces: Annotated[dict[Directory, list[Workspace]], BeforeValidator(_empty_mapping)] = Field(
        default={}, description="Workspaces by root directory: each of them is planned. Of others, the default one."
    )
    var_files: Annotated[dict[Directory, PathPatterns], BeforeValidator(_empty_mapping)] = Field(
        default={}, description="Variable files by root directory, as paths from the repository's root, in order."
    )
    artifact: Text = Field(default="tfplan", description="Name of the workflow artifact that holds real plans.")
    policies: PathPattern = Field(
        default=".github/plumbrule", description="Folder of Rego policies, read from the base branch."
    )
    max_destroys: Annotated[int, Field(ge=0, le=100_000)] = Field(
        default=10, description="More resources of one root than this destroyed or replaced is a finding."
    )
    max_cost_increase: Annotated[int, Field(ge=0, le=100_000)] | None = Field(
        default=None, description="Percent by which the monthly cost may rise, where the artifact says what it is."
    )


class RequirementsDocument(_Strict):
    """What only an organization can decide: rules that need it are silent without it."""

    production: PathPatterns = Field(default=[], description="Roots that production runs on: they need remote state.")
    encrypted_state: PathPatterns = Field(
        default=[], description="OpenTofu roots whose state has to be encrypted by OpenTofu."
    )
    required_tags: Annotated[list[Text], BeforeValidator(_empty_list)] = Field(
        default=[], description="Tags that every resource that can have tags needs."
    )
    module_hosts: Annotated[list[Text], BeforeValidator(_empty_list)] = Field(
        default=[], description="Hosts that modules may come from. Empty: any that has a name."
    )
    provider_namespaces: Annotated[list[Text], BeforeValidator(_empty_list)] = Field(
        default=[], description="Namespaces that providers may come from, beside the well-known ones."
    )


class PolicyDocument(_Strict):
    """Plumbrule's policy for a repository."""

    version: Literal[1] = Field(default=1, description="Of this format.")
    mode: Literal["audit", "enforce"] = Field(default="enforce", description="audit: tell, and pass. enforce: block.")
    block_at: Threshold = Field(default="high", description="Findings of a change from this severity on block it.")
    comment_at: Threshold = Field(
        default="medium", description="Findings of a change from this severity on get a comment."
    )
    on_failure: Literal["block", "pass"] = Field(
        default="block", description="What it means that a part could not be looked at."
    )
    skips: Literal["honor", "ignore"] = Field(
        default="honor", description="Whether checkov:skip comments mute findings."
    )
    paths: Annotated[PathsDocument, BeforeValidator(_empty_mapping)] = Field(
        default=PathsDocument(), description="Which files are reviewed."
    )
    rules: Annotated[dict[RulePattern, RuleSetting], BeforeValidator(_empty_mapping)] = Field(
        default={},
        description="Rules that are off or of another severity. The most specific pattern counts.",
        json_schema_extra={"propertyNames": {"pattern": f"^{_RULE.pattern}$"}},
    )
    waivers: Annotated[list[WaiverDocument], BeforeValidator(_empty_list)] = Field(
        default=[], description="Accepted risks."
    )
    fixes: Annotated[FixesDocument, BeforeValidator(_empty_mapping)] = Field(
        default=FixesDocument(), description="What fixes may be made of."
    )
    plan: Annotated[PlanDocument, BeforeValidator(_empty_mapping)] = Field(
        default=PlanDocument(), description="What is planned, and what a plan may do."
    )
    requirements: Annotated[RequirementsDocument, BeforeValidator(_empty_mapping)] = Field(
        default=RequirementsDocument(), description="What only you can decide: production roots, required tags."
    )
    compliance: Annotated[list[Standard], BeforeValidator(_empty_list)] = Field(
        default=[], description="Standards whose requirements are told beside findings, and counted in the summary."
    )
    sarif: Annotated[list[Text], Field(max_length=MOST_SARIF), BeforeValidator(_empty_list)] = Field(
        default=[], description="Names of workflow artifacts that hold SARIF: what other tools said of the head."
    )


class OrganizationDocument(_Strict):
    """What an organization gives its repositories: defaults, and the keys that they may tighten and not loosen."""

    version: Literal[1] = Field(default=1, description="Of this format.")
    defaults: Annotated[PolicyDocument, BeforeValidator(_empty_mapping)] = Field(
        default=PolicyDocument(), description="The policy of repositories that say nothing else."
    )
    locks: Annotated[list[Key], BeforeValidator(_empty_list)] = Field(
        default=[], description="Keys that a repository may tighten and not loosen."
    )


EXPECTED = {
    "": "keys such as mode: enforce",
    "version": "1",
    "defaults": "keys such as mode: enforce",
    "locks": "a list of keys",
    "locks.*": "a key",
    "paths": "include and exclude",
    "paths.include": "a list of path patterns",
    "paths.include.*": "a path pattern",
    "paths.exclude": "a list of path patterns",
    "paths.exclude.*": "a path pattern",
    "rules": "rules with off or a severity, such as CKV_AWS_18: off",
    "waivers": "a list of waivers",
    "waivers.*": "rule, resource or path, reason and expires",
    "waivers.*.rule": "a rule such as CKV_AWS_24",
    "waivers.*.resource": "an address such as aws_s3_bucket.site",
    "waivers.*.path": "a path pattern",
    "waivers.*.reason": "why the risk is accepted",
    "waivers.*.expires": "a date such as 2027-03-31",
    "waivers.*.approved_by": "a name",
    "fixes": "suggest and choices",
    "fixes.suggest": "on or off",
    "fixes.choices": "names with values, such as private_cidr: 10.0.0.0/8",
    "fixes.choices.*": "a text or a list of texts",
    "requirements": "keys such as required_tags: [owner]",
    "requirements.production": "a list of path patterns",
    "requirements.production.*": "a path pattern",
    "requirements.encrypted_state": "a list of path patterns",
    "requirements.encrypted_state.*": "a path pattern",
    "requirements.required_tags": "a list of tags",
    "requirements.required_tags.*": "a tag",
    "requirements.module_hosts": "a list of hosts",
    "requirements.module_hosts.*": "a host such as github.com",
    "requirements.provider_namespaces": "a list of namespaces",
    "requirements.provider_namespaces.*": "a namespace such as hashicorp",
    "compliance": "a list of standards",
    "compliance.*": "cis, pci, soc2, hipaa or nist",
    "sarif": f"a list of artifact names, {MOST_SARIF} at most",
    "sarif.*": "the name of an artifact such as trivy",
    "plan": "keys such as run: on",
    "plan.run": "on or off",
    "plan.workspaces": "root directories with lists of workspaces, such as envs/prod: [eu, us]",
    "plan.workspaces.*": "a list of workspaces",
    "plan.workspaces.*.*": "a workspace",
    "plan.var_files": "root directories with lists of paths, such as envs/prod: [envs/prod/eu.tfvars]",
    "plan.var_files.*": "a list of paths",
    "plan.var_files.*.*": "a path from the repository's root",
    "plan.artifact": "the name of an artifact such as tfplan",
    "plan.policies": "a folder such as .github/plumbrule",
    "plan.max_destroys": "a whole number from 0 on",
    "plan.max_cost_increase": "a whole number of percent from 0 on",
}
"""What is expected at each place, `*` being any position: for values of the wrong shape and for what is missing."""

KEYS = {
    "": tuple(PolicyDocument.model_fields),
    "paths": tuple(PathsDocument.model_fields),
    "waivers.*": tuple(WaiverDocument.model_fields),
    "fixes": tuple(FixesDocument.model_fields),
    "plan": tuple(PlanDocument.model_fields),
    "requirements": tuple(RequirementsDocument.model_fields),
}
"""The keys at each place of a repository's policy."""
