"""Which policy rules: the operator's default, over it the organization's, over that the repository's.

Owns what "tighter" means for each key, because an organization may lock a key: a repository then tightens it, and its
attempts to loosen it are told to it and do not count.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import date
from typing import Any

from reviewer.judge.effective import OFF, Mode, OnFailure, PlanPolicy, Policy, Setting, setting_for
from reviewer.judge.patterns import rule_matches
from reviewer.judge.policy_file import PolicyDocument, WaiverDocument
from reviewer.judge.policy_problems import tell
from reviewer.judge.policy_yaml import Location, YamlFile
from reviewer.model import Severity, Waiver


@dataclass(frozen=True, slots=True, kw_only=True)
class PolicyFile:
    """A policy file that was read without problems: what it gives, and where each key stands in it."""

    name: str
    document: PolicyDocument
    yaml: YamlFile
    within: Location = ()  # where in the file the policy stands
    notices: tuple[str, ...] = ()

    def gives(self, key: str) -> bool:
        """Whether the file says anything about `key`."""
        return key in self.document.model_fields_set

    def tell(self, location: Location, text: str) -> str:
        """Return a notice about `location` as people read it."""
        place = (*self.within, *location)
        return tell(self.name, self.yaml.line_of(place), place, text)


@dataclass(frozen=True, slots=True, kw_only=True)
class OrganizationPolicy:
    """What an organization gives its repositories, and the keys they may not loosen."""

    defaults: PolicyFile
    locks: tuple[str, ...] = ()


def combine(default: Policy, organization: OrganizationPolicy | None, repository: PolicyFile | None) -> Policy:
    """Return the policy that rules. Scalars and lists replace what is below them; `rules` and `waivers` add to it.

    Expired waivers and every attempt to loosen a locked key stand in its `notices`.
    """
    policy = default
    if organization is not None:
        policy = replace(_layered(policy, organization.defaults), locks=organization.locks)
    return _layered(policy, repository) if repository is not None else policy


def _layered(policy: Policy, file: PolicyFile) -> Policy:
    for layer in (
        _mode,
        _block_at,
        _comment_at,
        _on_failure,
        _skips,
        _include,
        _exclude,
        _rules,
        _waivers,
        _fixes,
        _plan,
        _requirements,
        _compliance,
        _sarif,
    ):
        policy = layer(policy, file)
    return replace(policy, notices=(*policy.notices, *file.notices))


def _refused(policy: Policy, file: PolicyFile, location: Location, why: str) -> Policy:
    notice = file.tell(location, f"{why}; the organization locked {location[0]}, so this line does not count")
    return replace(policy, notices=(*policy.notices, notice))


def _looser(given: str, ruling: str) -> str:
    return f"{given} is looser than {ruling}; expected {ruling} or tighter"


def _mode(policy: Policy, file: PolicyFile) -> Policy:
    if not file.gives("mode"):
        return policy
    mode = Mode(file.document.mode)
    if "mode" in policy.locks and mode is Mode.AUDIT and policy.mode is Mode.ENFORCE:
        return _refused(policy, file, ("mode",), _looser("audit", "enforce"))
    return replace(policy, mode=mode)


def _block_at(policy: Policy, file: PolicyFile) -> Policy:
    if not file.gives("block_at"):
        return policy
    given = _threshold(file.document.block_at)
    if "block_at" in policy.locks and _height(given) > _height(policy.block_at):
        return _refused(policy, file, ("block_at",), _looser(_word(given), _word(policy.block_at)))
    return replace(policy, block_at=given)


def _comment_at(policy: Policy, file: PolicyFile) -> Policy:
    if not file.gives("comment_at"):
        return policy
    given = _threshold(file.document.comment_at)
    if "comment_at" in policy.locks and _height(given) > _height(policy.comment_at):
        return _refused(policy, file, ("comment_at",), _looser(_word(given), _word(policy.comment_at)))
    return replace(policy, comment_at=given)


def _on_failure(policy: Policy, file: PolicyFile) -> Policy:
    if not file.gives("on_failure"):
        return policy
    given = OnFailure(file.document.on_failure)
    if "on_failure" in policy.locks and given is OnFailure.PASS and policy.on_failure is OnFailure.BLOCK:
        return _refused(policy, file, ("on_failure",), _looser("pass", "block"))
    return replace(policy, on_failure=given)


def _skips(policy: Policy, file: PolicyFile) -> Policy:
    if not file.gives("skips"):
        return policy
    honor = file.document.skips == "honor"
    if "skips" in policy.locks and honor and not policy.honor_skips:
        return _refused(policy, file, ("skips",), _looser("honor", "ignore"))
    return replace(policy, honor_skips=honor)


def _include(policy: Policy, file: PolicyFile) -> Policy:
    """Including everything is tightest; a locked list may grow and not shrink."""
    if "include" not in file.document.paths.model_fields_set:
        return policy
    given = tuple(file.document.paths.include)
    narrower = given and not (policy.include and set(policy.include) <= set(given))
    if "paths" in policy.locks and narrower:
        ruling = ", ".join(policy.include) or "everything"
        return _refused(policy, file, ("paths", "include"), f"this leaves out some of {ruling}")
    return replace(policy, include=given)


def _exclude(policy: Policy, file: PolicyFile) -> Policy:
    """Excluding nothing is tightest; a locked list may shrink and not grow."""
    if "exclude" not in file.document.paths.model_fields_set:
        return policy
    given = tuple(file.document.paths.exclude)
    ruling = policy.exclude
    if "paths" not in policy.locks:
        return replace(policy, exclude=given)
    for index, pattern in enumerate(given):
        if pattern not in ruling:
            place = ("paths", "exclude", index)
            policy = _refused(policy, file, place, f"this excludes {pattern}, which the organization does not")
    return replace(policy, exclude=tuple(pattern for pattern in given if pattern in ruling))


def _rules(policy: Policy, file: PolicyFile) -> Policy:
    given = {rule: _setting(word) for rule, word in file.document.rules.items()}
    if "rules" not in policy.locks:
        return replace(policy, rules={**policy.rules, **given})
    floors = {}
    for rule, setting in given.items():
        why = _loosening(policy.rules, rule, setting)
        if why:
            policy = _refused(policy, file, ("rules", rule), why)
        elif setting != OFF:
            floors[rule] = setting
    return replace(policy, floors={**policy.floors, **floors})


def _loosening(ruling: Mapping[str, Setting], rule: str, setting: Setting) -> str | None:
    """Return why `setting` loosens `rule` (a pattern), or None. What no file sets is raised where it is applied."""
    if setting == OFF:
        return None if setting_for(ruling, rule) == OFF else "off is looser than any severity; expected a severity"
    touched = [value for pattern, value in ruling.items() if rule_matches(rule, pattern) or rule_matches(pattern, rule)]
    highest = max((value for value in touched if isinstance(value, Severity)), default=setting)
    return _looser(_word(setting), highest.word) if highest > setting else None


def _waivers(policy: Policy, file: PolicyFile) -> Policy:
    given = file.document.waivers
    if "waivers" not in policy.locks:
        return replace(policy, waivers=(*policy.waivers, *(_waiver(entry) for entry in given)))
    for index in range(len(given)):
        policy = _refused(policy, file, ("waivers", index), "only the organization waives")
    return policy


def _fixes(policy: Policy, file: PolicyFile) -> Policy:
    """Choices add to what is below them. Where they are locked, a repository gives none of its own."""
    given = file.document.fixes
    choices = {name: value if isinstance(value, str) else tuple(value) for name, value in given.choices.items()}
    if "fixes" in policy.locks:
        for name in choices:
            policy = _refused(policy, file, ("fixes", "choices", name), "only the organization chooses")
        return policy
    suggest = given.suggest == "on" if "suggest" in given.model_fields_set else policy.suggest_fixes
    return replace(policy, suggest_fixes=suggest, choices={**policy.choices, **choices})


def _plan(policy: Policy, file: PolicyFile) -> Policy:
    """Workspaces and variable files add to what is below them; the other keys replace it where they are given."""
    document, ruling = file.document.plan, policy.plan
    given: dict[str, Any] = {key: getattr(document, key) for key in sorted(document.model_fields_set)}
    given |= {"run": document.run == "on"} if "run" in given else {}
    for key in ("workspaces", "var_files"):
        own = {root: tuple(names) for root, names in given.get(key, {}).items()}
        given |= {key: {**getattr(ruling, key), **own}}
    for key in tuple(given) if "plan" in policy.locks else ():
        if why := _loosened_plan(ruling, key, given[key]):
            policy = _refused(policy, file, ("plan", key), why)
            del given[key]
    return replace(policy, plan=replace(ruling, **given))


def _loosened_plan(ruling: PlanPolicy, key: str, value: Any) -> str:
    """Return why a value of a repository is looser than the organization's, "" when it is not."""
    below = getattr(ruling, key)
    if key in ("artifact", "policies"):
        return f"{value} is another than {below}; expected {below}" if value != below else ""
    if key == "run":
        return _looser("off", "on") if below and not value else ""
    if key in ("workspaces", "var_files") or below is None or (value is not None and value <= below):
        return ""
    return _looser("nothing" if value is None else str(value), str(below))


ALLOWED = ("module_hosts", "provider_namespaces")
"""Of the requirements those that allow; the others demand."""


def _requirements(policy: Policy, file: PolicyFile) -> Policy:
    """What is demanded adds up. What is allowed replaces what is below it, unless that is locked."""
    document, ruling = file.document.requirements, policy.requirements
    given: dict[str, tuple[str, ...]] = {}
    for key in sorted(document.model_fields_set):
        below, own = getattr(ruling, key), tuple(getattr(document, key))
        given[key] = own if key in ALLOWED else tuple(dict.fromkeys((*below, *own)))
        if key in ALLOWED and "requirements" in policy.locks and not set(own) <= set(below):
            policy = _refused(policy, file, ("requirements", key), "this allows more than the organization does")
            del given[key]
    return replace(policy, requirements=replace(ruling, **given))


def _compliance(policy: Policy, file: PolicyFile) -> Policy:
    """Replaces what is below it; a locked list may grow and not shrink."""
    if not file.gives("compliance"):
        return policy
    given = tuple(file.document.compliance)
    if "compliance" in policy.locks and not set(policy.compliance) <= set(given):
        ruling = ", ".join(policy.compliance)
        return _refused(policy, file, ("compliance",), f"this leaves out some of {ruling}")
    return replace(policy, compliance=given)


def _sarif(policy: Policy, file: PolicyFile) -> Policy:
    """Replaces what is below it; a locked list may grow and not shrink."""
    if not file.gives("sarif"):
        return policy
    given = tuple(dict.fromkeys(file.document.sarif))
    if "sarif" in policy.locks and not set(policy.sarif) <= set(given):
        ruling = ", ".join(policy.sarif)
        return _refused(policy, file, ("sarif",), f"this leaves out some of {ruling}")
    return replace(policy, sarif=given)


def _waiver(entry: WaiverDocument) -> Waiver:
    return Waiver(
        rule=entry.rule,
        reason=entry.reason,
        expires=date.fromisoformat(entry.expires),
        resource=entry.resource,
        path=entry.path,
        approved_by=entry.approved_by,
    )


def _threshold(word: str) -> Severity | None:
    return None if word == "never" else Severity.parse(word)


def _setting(word: str) -> Setting:
    return OFF if word == OFF else Severity.parse(word)


def _height(threshold: Severity | None) -> int:
    return max(Severity) + 1 if threshold is None else threshold


def _word(threshold: Setting | None) -> str:
    if threshold is None:
        return "never"
    return threshold.word if isinstance(threshold, Severity) else threshold
