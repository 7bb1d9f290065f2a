"""Scan results as bytes and back: what leaves the sandbox and what lies in the cache. Both are distrusted when read.

Owns the strict reading of them: every type, size and path is checked before anything else sees a value.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import asdict
from typing import Any, TypeVar

from reviewer.errors import PlumbruleError
from reviewer.model import Finding, NotExamined, ScanResult, Severity, Source, Span

MAX_BYTES = 64 << 20
MAX_FINDINGS = 50_000
MAX_LINE = 10_000_000
MAX_PATH = 4096
MAX_TEXT = 8192

T = TypeVar("T")


class BadResult(PlumbruleError):
    """These bytes are not a scan result. The message says where they first stop being one."""


def encode(result: ScanResult) -> bytes:
    """Return `result` as compact UTF-8 JSON that `decode` accepts when its sizes are within the limits."""
    return json.dumps(asdict(result), separators=(",", ":"), ensure_ascii=True).encode()


def decode(raw: bytes) -> ScanResult:
    """Return the result that `encode` wrote. Raises BadResult on anything else, however it was made."""
    return read(parse(raw))


def parse(raw: bytes, most: int = MAX_BYTES) -> object:
    """Return the value that these bytes of JSON are. Raises BadResult."""
    if len(raw) > most:
        raise BadResult(f"the result has {len(raw)} bytes, more than the {most} allowed")
    try:
        return json.loads(raw)
    except (ValueError, RecursionError):
        raise BadResult("the result is not JSON") from None


def read(value: object) -> ScanResult:
    """Return the result that a value of JSON is. Raises BadResult."""
    fields = Fields(value, "result")
    result = ScanResult(
        findings=fields.each("findings", _finding),
        not_examined=fields.each("not_examined", _not_examined),
        files=fields.count("files"),
        roots=fields.each("roots", _root),
        resources=fields.count("resources"),
    )
    fields.done()
    return result


class Fields:
    """A JSON object that is taken apart key by key, and must be empty in the end."""

    def __init__(self, value: object, where: str) -> None:
        if not isinstance(value, dict):
            raise BadResult(f"{where} is not an object")
        self._left: dict[str, object] = dict(value)
        self._where = where

    def take(self, key: str, type_: type[T]) -> T:
        """Return and remove the value at `key`, which must be a `type_`."""
        value = self._left.pop(key, self)
        if not isinstance(value, type_) or (isinstance(value, bool) and type_ is not bool):
            raise BadResult(f"{self._where}.{key} is missing or not {type_.__name__}")
        return value

    def text(self, key: str, most: int = MAX_TEXT) -> str:
        """Return and remove a string."""
        return text_of(self.take(key, str), f"{self._where}.{key}", most)

    def maybe_text(self, key: str) -> str | None:
        """Return and remove a string or null."""
        return None if self.is_null(key) else self.text(key)

    def count(self, key: str) -> int:
        """Return and remove a number that is not negative."""
        value = self.take(key, int)
        if not 0 <= value <= MAX_LINE:
            raise BadResult(f"{self._where}.{key} is out of range")
        return value

    def span(self, key: str) -> Span:
        """Return and remove lines of a file."""
        return span_of(self.take(key, dict), f"{self._where}.{key}")

    def maybe_span(self, key: str) -> Span | None:
        """Return and remove lines of a file or null."""
        return None if self.is_null(key) else self.span(key)

    def each(self, key: str, read: Callable[[object, str], T]) -> tuple[T, ...]:
        """Return and remove a list, each entry as `read` reads it."""
        values: list[Any] = self.take(key, list)
        if len(values) > MAX_FINDINGS:
            raise BadResult(f"{self._where}.{key} has more than {MAX_FINDINGS} entries")
        return tuple(read(value, f"{self._where}.{key}[{index}]") for index, value in enumerate(values))

    def is_null(self, key: str) -> bool:
        """Tell whether a key holds null; then it is removed."""
        if self._left.get(key, self) is None:
            del self._left[key]
            return True
        return False

    def done(self) -> None:
        """Raise BadResult when anything is left."""
        if self._left:
            raise BadResult(f"{self._where} has the unknown key {sorted(self._left)[0][:40]!r}")


def _finding(value: object, where: str) -> Finding:
    fields = Fields(value, where)
    finding = Finding(
        rule=fields.text("rule", 100),
        title=fields.text("title"),
        severity=one_of(Severity, fields.take("severity", int), where),
        span=fields.span("span"),
        block=fields.span("block"),
        resource=fields.text("resource", MAX_PATH),
        message=fields.text("message"),
        scanner=fields.text("scanner", 100),
        root=_root(fields.take("root", str), where),
        framework=fields.text("framework", 100),
        evidence=fields.text("evidence"),
        why=fields.text("why"),
        remedy=fields.text("remedy"),
        guideline=_link(fields.maybe_text("guideline"), where),
        caller=fields.maybe_span("caller"),
        source=one_of(Source, fields.text("source"), where),
        skip_reason=fields.maybe_text("skip_reason"),
        fingerprint=fields.text("fingerprint", 100),
        also=fields.each("also", lambda value, where: text_of(value, where, 200)),
    )
    fields.done()
    return finding


def _not_examined(value: object, where: str) -> NotExamined:
    fields = Fields(value, where)
    entry = NotExamined(
        what=fields.text("what", MAX_PATH),
        why=fields.text("why"),
        span=fields.maybe_span("span"),
        blocking=fields.take("blocking", bool),
    )
    fields.done()
    return entry


def span_of(value: object, where: str) -> Span:
    """Return the lines that a value of JSON is. Raises BadResult."""
    fields = Fields(value, where)
    path = fields.text("path", MAX_PATH)
    if not is_inside(path) or not path:
        raise BadResult(f"{where}.path is not a path inside the repository")
    span = Span(path=path, start_line=fields.count("start_line"), end_line=fields.count("end_line"))
    if not 1 <= span.start_line <= span.end_line:
        raise BadResult(f"{where} is not a span of lines")
    fields.done()
    return span


def _root(value: object, where: str) -> str:
    if not isinstance(value, str) or not is_inside(text_of(value, where, MAX_PATH)):
        raise BadResult(f"{where} is not a directory inside the repository")
    return value


def is_inside(path: str) -> bool:
    """Tell whether `path` is a plain POSIX path relative to the repository's root ("" is the root itself)."""
    parts = path.split("/") if path else []
    return "\0" not in path and not any(part in ("", ".", "..") for part in parts)


def text_of(value: object, where: str, most: int = MAX_TEXT) -> str:
    """Return `value`, a string of at most `most` characters that is UTF-8. Raises BadResult."""
    if not isinstance(value, str):
        raise BadResult(f"{where} is not a string")
    if len(value) > most:
        raise BadResult(f"{where} is longer than {most} characters")
    try:
        value.encode()
    except UnicodeEncodeError:
        raise BadResult(f"{where} holds half a character") from None
    return value


def _link(value: str | None, where: str) -> str | None:
    if value is not None and not value.startswith("https://"):
        raise BadResult(f"{where}.guideline is not a link")
    return value


def one_of(kind: Callable[[Any], T], value: object, where: str) -> T:
    """Return the member of an enumeration that `value` is. Raises BadResult."""
    try:
        return kind(value)
    except ValueError:
        raise BadResult(f"{where}: {str(value)[:40]!r} is not one of the values known") from None
