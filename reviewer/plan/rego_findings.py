"""What policies say as findings of a plan: about which resource, at which line. Pure.

A policy says a text, and the text alone tells which resource it means. Where that is not sure, the root is meant.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from reviewer.model import Finding, NotExamined, Source, Span
from reviewer.plan.rego_results import Evaluation, Problem, Result
from reviewer.tfplan.model import Place, Plan, ResourceChange, without_indexes

SCANNER = "rego"
_NOT_IN_A_RULE = re.compile(r"[^A-Za-z0-9_*?.-]+")
_WORD = re.compile(r"[\w-]+")
_QUOTED = re.compile(r"['\"`]([\w-]+)(?=['\"`])")
_COMMON = frozenset(("this", "main", "default", "all", "the", "it", "a", "an", "test", "example", "must", "bucket"))
"""Names of resources that messages hold as plain words, too: they count only in quotes."""
_MOST_TITLE = 120


@dataclass(frozen=True, slots=True, kw_only=True)
class Root:
    """Where a plan comes from, and where its resources are written."""

    directory: str
    first_file: str  # a path of the repository, for what is about no resource: main.tf, or the first by name
    places: Mapping[str, Place]  # by config address


@dataclass(frozen=True, slots=True, kw_only=True)
class _Names:
    """The resources of a plan by what a text may call them."""

    addresses: Mapping[str, str]  # full address -> config address
    qualified: Mapping[str, frozenset[str]]  # type.name -> config addresses
    names: Mapping[str, frozenset[str]]  # name -> config addresses


def findings(results: Iterable[Result], plan: Plan, root: Root) -> tuple[Finding, ...]:
    """Return one finding for each of `results`, at the resource that it names."""
    listed = tuple(results)
    return tuple(
        _finding(result, resource, root) for result, resource in zip(listed, resources(listed, plan), strict=True)
    )


def resources(results: Iterable[Result], plan: Plan) -> tuple[str, ...]:
    """Return for each of `results` the address of the resource in `plan` that it names, or ""."""
    names = _names(plan.changes)
    return tuple(_resource(f"{result.resource} {result.message}", names) for result in results)


def not_examined(evaluation: Evaluation, folder: str) -> tuple[NotExamined, ...]:
    """Return what could not be used of the policies in `folder`: what they would have said is unknown."""
    return tuple(
        NotExamined(what=f"{folder}/{problem.path}".rstrip("/"), why=_sentence(problem))
        for problem in evaluation.problems
    )


def _sentence(problem: Problem) -> str:
    where = f"Line {problem.line}: " if problem.line else ""
    return f"{where}{problem.why}."


def rule_id(result: Result) -> str:
    """Return the name under which a policy may waive or re-rate it: `rego.PACKAGE.RULE`."""
    return _NOT_IN_A_RULE.sub("-", f"{SCANNER}.{result.package}.{result.rule}")[:100]


def _finding(result: Result, resource: str, root: Root) -> Finding:
    place = root.places.get(without_indexes(resource))
    block = place.block if place else Span(path=root.first_file, start_line=1, end_line=1)
    return Finding(
        rule=rule_id(result),
        title=_title(result.message),
        severity=result.severity,
        span=Span(path=block.path, start_line=block.start_line, end_line=block.start_line),
        block=block,
        resource=resource or root.directory or ".",
        message=result.message,
        scanner=SCANNER,
        root=root.directory,
        framework="terraform",
        why=f"A policy of your organization says so: rule `{result.rule}` of package `{result.package}`.",
        caller=place.callers[0] if place and place.callers else None,
        source=Source.PLAN,
    )


def _title(message: str) -> str:
    line = " ".join(message.split())
    return line if len(line) <= _MOST_TITLE else f"{line[: _MOST_TITLE - 1]}…"


def _names(changes: Iterable[ResourceChange]) -> _Names:
    addresses: dict[str, str] = {}
    qualified: dict[str, set[str]] = {}
    names: dict[str, set[str]] = {}
    for change in changes:
        config = change.config_address
        addresses[change.address] = config
        qualified.setdefault(f"{change.type}.{change.name}", set()).add(config)
        names.setdefault(change.name, set()).add(config)
    return _Names(
        addresses=addresses,
        qualified={key: frozenset(found) for key, found in qualified.items()},
        names={key: frozenset(found) for key, found in names.items()},
    )


def _resource(text: str, names: _Names) -> str:
    """Return the address that `text` names: in full, else by a `type.name` or a name that only one block has; or ""."""
    if full := [address for address in names.addresses if address in text and _stands_alone(address, text)]:
        return max(full, key=len)
    named = [key for key in names.qualified if key in text and _stands_alone(key, text)]
    blocks = {block for key in named for block in names.qualified[key]}
    if not blocks:
        called = _called(_QUOTED.findall(text), names) or _called(set(_WORD.findall(text)) - _COMMON, names)
        blocks = called if len(called) == 1 else _of_a_type_in(text, called)
    return _instance(blocks.pop(), names) if len(blocks) == 1 else ""


def _called(words: Iterable[str], names: _Names) -> set[str]:
    return {block for word in words for block in names.names.get(word, ())}


def _of_a_type_in(text: str, called: Iterable[str]) -> set[str]:
    """Return those whose type the text says in its words: `S3 bucket` is an aws_s3_bucket."""
    words = {word.lower() for word in _WORD.findall(text)}
    return {address for address in called if set(_type(address).split("_")[1:]) <= words}


def _type(config_address: str) -> str:
    return config_address.rpartition(".")[0].rpartition(".")[2]


def _instance(config: str, names: _Names) -> str:
    """Return the only instance of a block, or the block's own address when it has several."""
    instances = [address for address, own in names.addresses.items() if own == config]
    return instances[0] if len(instances) == 1 else config


def _stands_alone(address: str, text: str) -> bool:
    """Tell whether it is there as a whole, and not as a part of another address."""
    return re.search(rf"(?<![\w.\-\]]){re.escape(address)}(?![\w\[-]|\.\w)", text) is not None
