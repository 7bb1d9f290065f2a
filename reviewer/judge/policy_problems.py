"""From text to a checked document, or to every problem of it: "file:line: key: what is wrong; expected what".

Owns the words. Takes lines from `policy_yaml` and errors from pydantic's models in `policy_file`.
"""

from __future__ import annotations

import difflib
from collections.abc import Iterable
from typing import TypeVar

from pydantic import ValidationError
from pydantic_core import ErrorDetails

from reviewer.judge.policy_file import EXPECTED, KEYS, OrganizationDocument, PolicyDocument, shown
from reviewer.judge.policy_yaml import Location, Problem, YamlFile, read_yaml

MAX_PROBLEMS = 50
"""Problems of one file that are told at once."""

Document = TypeVar("Document", PolicyDocument, OrganizationDocument)


class PolicyError(ValueError):
    """A policy file cannot be used. `problems` has one line for each: "file:line: key: what is wrong; expected ..."."""

    def __init__(self, problems: tuple[str, ...]) -> None:
        super().__init__("\n".join(problems))
        self.problems = problems


def check_document(text: str, model: type[Document], name: str) -> tuple[Document, YamlFile]:
    """Return `text` as a `model`, with the line of everything in it. Raises PolicyError with all problems at once,
    or the first MAX_PROBLEMS of them."""
    file = read_yaml(text)
    problems = list(file.problems)
    document = model()
    if () not in file.unread:
        try:
            document = model.model_validate({} if file.value is None else file.value)
        except ValidationError as error:
            wrong = [details for details in error.errors() if details["loc"] not in file.unread]
            problems += [_problem(file, details, model) for details in wrong[:MAX_PROBLEMS]]
    if problems:
        ordered = sorted(problems, key=lambda problem: problem.line)[:MAX_PROBLEMS]
        raise PolicyError(tuple(tell(name, problem.line, problem.location, problem.text) for problem in ordered))
    return document, file


def tell(name: str, line: int, location: Location, text: str) -> str:
    """Return one problem as people read it."""
    key = key_text(location)
    return f"{name}:{line}: {key}: {text}" if key else f"{name}:{line}: {text}"


def key_text(location: Location) -> str:
    """Return `location` as people write it: `waivers[0].rule`."""
    text = ""
    for part in location:
        if isinstance(part, int):
            text += f"[{part}]"
        else:
            word = part if part.isprintable() and len(part) <= 100 else shown(part)
            text += f".{word}" if text else word
    return text


def _problem(file: YamlFile, details: ErrorDetails, model: type[Document]) -> Problem:
    location = tuple(part for part in details["loc"] if part != "[key]")
    return Problem(line=file.line_of(location), location=location, text=_text(details, location, model))


def _text(details: ErrorDetails, location: Location, model: type[Document]) -> str:
    """Return what is wrong, in our words instead of pydantic's."""
    match details["type"]:
        case "extra_forbidden":
            keys = _keys(location[:-1], model)
            return f"unknown key{_meant(location[-1], keys)}; expected one of {_either(keys, 'and')}"
        case "literal_error":
            words = details["ctx"]["expected"].replace("'", "").replace(" or ", ", ").split(", ")
            given = details["input"]
            return f"{shown(given)} is not possible{_meant(given, words)}; expected {_either(words, 'or')}"
        case "value_error":
            return str(details["ctx"]["error"])
        case "missing":
            return f"missing; expected {EXPECTED[_place(location)]}"
        case _:
            return f"{shown(details['input'])} is not possible; expected {EXPECTED[_place(location)]}"


def _keys(around: Location, model: type[Document]) -> tuple[str, ...]:
    return KEYS[_place(around)] if around else tuple(model.model_fields)


def _place(location: Location) -> str:
    """Return where `location` is in EXPECTED and KEYS, which speak of a repository's policy."""
    parts = ["*" if isinstance(part, int) else part for part in location]
    return ".".join(parts[1:] if parts[:1] == ["defaults"] else parts)


def _meant(given: object, words: Iterable[str]) -> str:
    """Return a guess at what `given` was meant to be, or nothing."""
    close = difflib.get_close_matches(given[:100].lower(), words, n=1) if isinstance(given, str) else []
    return f" (did you mean {close[0]}?)" if close else ""


def _either(words: Iterable[str], conjunction: str) -> str:
    *first, last = words
    return f"{', '.join(first)} {conjunction} {last}" if first else last
