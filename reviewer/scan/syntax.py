"""What could not be read: files that are not what their names say, each with the first place where it goes wrong.

Runs in the contained child. A file that simply is not infrastructure is no failure.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator
from pathlib import PurePosixPath

from reviewer.model import NotExamined
from reviewer.scan import yaml_tree
from reviewer.scan.tree import Tree

_INFRASTRUCTURE = re.compile(
    rb"""(?:^|[{,])[ \t-]*["']?(?:apiVersion|kind|AWSTemplateFormatVersion|Resources|openapi|swagger|hosts)["']?\s*:"""
    rb"""|deploymentTemplate\.json""",
    re.MULTILINE,
)
_PLAIN_SOURCE = re.compile(r'\bsource[ \t]*=[ \t]*"(?:[^"\\$%]|[$%](?!\{))*"[ \t\r]*(?:$|[}#/])', re.MULTILINE)
_TERRAFORM_JSON = (".tf.json", ".tofu.json")
_TEMPLATE = re.compile(rb"\{\{|\{%")


def rejected(framework: str, paths: Iterable[str], files: Tree) -> Iterator[NotExamined]:
    """Say of each file that Checkov could not parse where and what it is."""
    for raw in paths:
        path = files.relative(raw)
        if path is None or (framework != "terraform" and path.endswith((".yaml", ".yml", ".json"))):
            continue  # `unreadable` speaks of those, once for all frameworks
        yield _rejected(framework, path, files)


def _rejected(framework: str, path: str, files: Tree) -> NotExamined:
    name = files.names[path]
    if name.endswith(_TERRAFORM_JSON):
        return _passed_over(name)
    if not _is_text(files.source(path)):
        return NotExamined(what=name, why="It is not text: nothing in it was looked at.")
    if path.endswith(".json"):
        error = yaml_tree.first_error(files.source(path).decode("utf-8-sig", "replace"))
        line = error[0] if error else 1
    elif framework == "terraform":
        errors = files.hcl(path).errors
        if not errors:
            return NotExamined(what=name, why="It could not be parsed in time: nothing in it was looked at.")
        line = errors[0]
    elif framework == "bicep":
        why = "The scanner does not understand all of Bicep: of this file, only secrets were looked for."
        return NotExamined(what=name, why=why, blocking=False)
    else:
        return NotExamined(what=name, why=f"It does not parse as {framework}: nothing in it was looked at.")
    return NotExamined(
        what=name,
        why=f"There is a syntax error at or before line {line}: nothing in this file was looked at.",
        span=files.span(path, line, line),
    )


def unsupported(files: Tree) -> tuple[NotExamined, ...]:
    """Say of each file in Terraform's JSON syntax that was not translated that Checkov passes it over."""
    return tuple(_passed_over(real) for path, real in files.names.items() if path.endswith(".tf.json"))


def _passed_over(name: str) -> NotExamined:
    return NotExamined(
        what=name,
        why="The scanner does not read what is in this file of Terraform's JSON syntax: nothing in it was looked at. "
        "Exclude it in the policy if it is generated from code that is reviewed.",
    )


def computed_sources(files: Tree) -> Iterator[NotExamined]:
    """Say of each module call whose source is not a plain string that nothing followed it: what it is given is lost."""
    for path, real in files.names.items():
        calls = files.hcl(path).blocks_of("module") if path.endswith(".tf") else ()
        for call in calls:
            source = call.body.attribute("source")
            if source is None or _PLAIN_SOURCE.search(files.text(path, source.start_line, source.end_line)):
                continue
            name = ".".join(call.labels)
            yield NotExamined(
                what=real,
                why=f"The source of module {name} is not a plain string, so what the call does was not looked at.",
                span=files.span(path, source.start_line, source.end_line),
            )


def unreadable(files: Tree) -> tuple[NotExamined, ...]:
    """Say of each YAML or JSON file that looks like infrastructure and does not parse where it goes wrong."""
    return tuple(entry for path in files.paths if (entry := _unreadable(path, files)))


def _unreadable(path: str, files: Tree) -> NotExamined | None:
    suffix = PurePosixPath(path).suffix
    if suffix not in (".yaml", ".yml", ".json") or path.endswith((".tf.json", ".tfvars.json")):
        return None
    source = files.source(path)
    if not (".github/workflows/" in path or _INFRASTRUCTURE.search(source)):
        return None
    if not _is_text(source):
        return NotExamined(what=files.names[path], why="It is not text: nothing in it was looked at.")
    error = _error(suffix, source)
    if error is None:
        return None
    line, words = error
    template = bool(_TEMPLATE.search(source)) and ".github/" not in path
    return NotExamined(
        what=files.names[path],
        why=(
            "It is a template and no YAML of its own: nothing in it was looked at."
            if template
            else f"Line {line} does not parse ({words}): nothing in this file was looked at."
        ),
        span=files.span(path, line, line),
        blocking=not template,
    )


def _error(suffix: str, source: bytes) -> tuple[int, str] | None:
    text = source.decode("utf-8-sig", "replace")
    if suffix == ".json":
        try:
            json.loads(text)
        except json.JSONDecodeError as error:
            return error.lineno, error.msg
        except RecursionError:
            return 1, "nested too deeply"
        return None
    return yaml_tree.first_error(text)


def _is_text(source: bytes) -> bool:
    try:
        source.decode("utf-8")
    except UnicodeDecodeError:
        return False
    return b"\0" not in source
