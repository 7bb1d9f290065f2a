"""Which other scanners there are, and how they are called: config/scanners.yml, read once at start-up.

Owns the reading of that file, which is the operator's; a pull request has no say in it. Runs nothing.
"""

from __future__ import annotations

import hashlib
import re
import shutil
import sys
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Annotated, Any, Literal

import yaml
from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field, ValidationError

from reviewer.errors import Misconfigured
from reviewer.judge.patterns import any_path_matches
from reviewer.model import Severity
from reviewer.scan.unit import ScanUnit, UnitKind
from reviewer.settings import CONFIG_DIR

SCANNERS_FILE = CONFIG_DIR / "scanners.yml"
FILES, TREE, SCRATCH, CONFIG = "{files}", "{tree}", "{scratch}", "{config}"
HOUSE = frozenset({"checkov", "plumbrule"})
"""The scanners that are no others."""

_NAME = re.compile(r"[a-z][a-z0-9-]{0,30}")


@dataclass(frozen=True, slots=True, kw_only=True)
class ForeignScanner:
    """A tool that prints SARIF. `program` is "" where it is not installed."""

    name: str
    program: str
    arguments: tuple[str, ...]
    units: tuple[str, ...]
    paths: tuple[str, ...]
    framework: str
    prefix: bool
    good: tuple[int, ...]
    unreadable_codes: tuple[int, ...]
    unreadable_rules: tuple[str, ...]
    at_most: Severity
    reads: tuple[str, ...]
    timeout_seconds: int

    def looks_at(self, path: str) -> bool:
        """Whether a file of the repository is for this scanner."""
        return any_path_matches(self.paths, path)

    def concerns(self, unit: ScanUnit) -> bool:
        """Whether a unit has anything for this scanner."""
        return unit.kind in self.units and any(self.looks_at(file.path) for file in unit.files)


def read_scanners(path: Path = SCANNERS_FILE) -> tuple[ForeignScanner, ...]:
    """Return the enabled scanners of a file. Raises Misconfigured with every problem, each naming file and key."""
    try:
        content = yaml.safe_load(path.read_text("utf-8"))
        document = _Document.model_validate(content)
    except (OSError, UnicodeDecodeError, yaml.YAMLError) as error:
        raise Misconfigured((f"{path.name}: cannot be read: {' '.join(str(error).split())}",)) from error
    except ValidationError as error:
        raise Misconfigured(tuple(_problem(path, entry) for entry in error.errors())) from error
    return tuple(_scanner(name, entry) for name, entry in document.scanners.items() if entry.enabled)


def digest(scanners: Iterable[ForeignScanner]) -> str:
    """Return hexadecimal digits that change with how the scanners are called and with their programs."""
    found = hashlib.sha256()
    for scanner in scanners:
        found.update(repr(asdict(scanner)).encode())
        for path in (scanner.program, *scanner.reads):
            if path and Path(path).exists():
                status = Path(path).stat()
                found.update(f"{status.st_size} {status.st_mtime_ns}".encode())
    return found.hexdigest()[:16]


def from_request(value: Mapping[str, Any]) -> ForeignScanner:
    """Return the scanner that `dataclasses.asdict` made a mapping of, and JSON took its tuples from."""
    given: dict[str, Any] = {key: tuple(entry) if isinstance(entry, list) else entry for key, entry in value.items()}
    return ForeignScanner(**(given | {"at_most": Severity(value["at_most"])}))


def _name(text: str) -> str:
    if not _NAME.fullmatch(text) or text in HOUSE:
        raise ValueError(f"expected a name of its own such as zizmor, in lower case, not {text[:40]!r}")
    return text


def _command(argv: list[str]) -> list[str]:
    if not argv or not argv[0].strip():
        raise ValueError("expected a program and its arguments")
    if not any(word == FILES or TREE in word for word in argv[1:]):
        raise ValueError(f"expected {FILES} or {TREE} among the arguments: else it looks at nothing")
    return argv


def _severity(word: object) -> Severity:
    return Severity.parse(str(word))


class _Codes(BaseModel):
    model_config = ConfigDict(extra="forbid", strict=True)

    good: list[int] = Field(min_length=1)
    unreadable: list[int] = []


class _Entry(BaseModel):
    model_config = ConfigDict(extra="forbid", strict=True)

    enabled: bool
    command: Annotated[list[str], AfterValidator(_command)]
    units: list[Annotated[UnitKind, BeforeValidator(UnitKind)]] = Field(min_length=1)
    paths: list[str] = Field(min_length=1)
    framework: str = Field(pattern=r"^[a-z][a-z0-9_]{1,40}$")
    prefix: bool = True
    exit_codes: _Codes
    unreadable: list[str] = []
    at_most: Annotated[Severity, BeforeValidator(_severity)] = Severity.HIGH
    reads: list[Annotated[str, Field(pattern=r"^(?:/|\{config\}/)")]] = []
    timeout_seconds: int = Field(default=60, ge=1, le=3600)
    network: Literal[False] = False


class _Document(BaseModel):
    model_config = ConfigDict(extra="forbid", strict=True)

    scanners: dict[Annotated[str, AfterValidator(_name)], _Entry]


def _problem(path: Path, entry: Any) -> str:
    where = ".".join(str(part) for part in entry["loc"]) or "the file"
    return f"{path.name}: {where}: {entry['msg'].removeprefix('Value error, ')}"


def _scanner(name: str, entry: _Entry) -> ForeignScanner:
    return ForeignScanner(
        name=name,
        program=_program(entry.command[0]),
        arguments=tuple(map(_placed, entry.command[1:])),
        units=tuple(map(str, entry.units)),
        paths=tuple(entry.paths),
        framework=entry.framework,
        prefix=entry.prefix,
        good=tuple(entry.exit_codes.good),
        unreadable_codes=tuple(entry.exit_codes.unreadable),
        unreadable_rules=tuple(entry.unreadable),
        at_most=entry.at_most,
        reads=tuple(map(_placed, entry.reads)),
        timeout_seconds=entry.timeout_seconds,
    )


def _placed(text: str) -> str:
    return text.replace(CONFIG, str(CONFIG_DIR))


def _program(name: str) -> str:
    """The program beside our own interpreter, where wheels put theirs, before any other of that name."""
    beside = Path(sys.executable).parent / name
    if "/" not in name and beside.is_file():
        return str(beside)
    found = shutil.which(name)
    return str(Path(found).resolve()) if found else ""
