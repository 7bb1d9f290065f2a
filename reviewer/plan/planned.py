"""What planning one root at one commit gave, as the contained child hands it over. Pure: values and their bytes.

Owns the form between the sandbox and the worker, and its limits. What is in it is redacted and still hostile.
"""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass, field
from typing import Any

from reviewer.model import Finding, NotExamined, PlanOrigin, ScanResult
from reviewer.scan import results
from reviewer.scan.results import MAX_PATH, BadResult, Fields
from reviewer.tfplan.model import Place

MAX_DOCUMENT_BYTES = 16 << 20
"""A redacted plan in JSON may be so long; a longer one is a root that could not be planned."""

MAX_NESTING = 200
MAX_REASON = 2000


@dataclass(frozen=True, slots=True, kw_only=True)
class PlannedRoot:
    """One root planned in one workspace: the plan itself, where its resources are written, what Checkov says of it."""

    root: str  # directory; "" for the repository's own
    workspace: str = "default"
    document: dict[str, Any] | None = None  # as `terraform show -json`, redacted; None when it could not be planned
    places: tuple[tuple[str, Place], ...] = ()  # by config address
    moved: tuple[tuple[str, str], ...] = ()  # `moved` blocks: (from, to), full addresses as far as they are known
    findings: tuple[Finding, ...] = ()  # of Checkov on the plan; `source` is PLAN
    not_planned: str = ""  # why there is no document, for the author
    statements: tuple[NotExamined, ...] = ()  # what the plan does not know: modules that are not here, ...
    approximate: bool = True
    milliseconds: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class GivenPlan:
    """A plan that was made elsewhere with the real providers. `document` is JSON as it came, not redacted."""

    root: str
    workspace: str = "default"
    document: bytes = field(repr=False)
    origin: PlanOrigin = PlanOrigin.WORKFLOW
    infracost: bytes | None = field(default=None, repr=False)  # JSON of `infracost` that lay beside it


def encode(planned: PlannedRoot) -> bytes:
    """Return a plan as compact JSON that `decode` accepts when its sizes are within the limits."""
    result = ScanResult(findings=planned.findings, not_examined=planned.statements)
    return json.dumps(
        {
            "root": planned.root,
            "workspace": planned.workspace,
            "document": planned.document,
            "places": [[address, asdict(place)] for address, place in planned.places],
            "moved": planned.moved,
            "result": asdict(result),
            "not_planned": planned.not_planned,
            "approximate": planned.approximate,
            "milliseconds": planned.milliseconds,
        },
        separators=(",", ":"),
    ).encode()


def decode(raw: bytes) -> PlannedRoot:
    """Return the plan that `encode` wrote. Raises BadResult on anything else, however it was made."""
    fields = Fields(results.parse(raw), "plan")
    result = results.read(fields.take("result", dict))
    planned = PlannedRoot(
        root=fields.text("root", MAX_PATH),
        workspace=fields.text("workspace", MAX_PATH),
        document=None if fields.is_null("document") else _document(fields.take("document", dict)),
        places=fields.each("places", _place),
        moved=fields.each("moved", _move),
        findings=result.findings,
        not_planned=fields.text("not_planned"),
        statements=result.not_examined,
        approximate=fields.take("approximate", bool),
        milliseconds=fields.count("milliseconds"),
    )
    fields.done()
    if not results.is_inside(planned.root) or (planned.document is None) != bool(planned.not_planned):
        raise BadResult("plan is neither a document of a root nor a reason why there is none")
    return planned


def _document(value: dict[str, Any]) -> dict[str, Any]:
    """Return `value`, which must be plain JSON, not too long and not too deep for whoever walks through it."""
    try:
        size = len(json.dumps(value, allow_nan=False, ensure_ascii=False, separators=(",", ":")).encode())
    except (ValueError, RecursionError):
        raise BadResult("plan.document is no JSON in UTF-8") from None
    if size > MAX_DOCUMENT_BYTES:
        raise BadResult(f"plan.document has {size} bytes, more than the {MAX_DOCUMENT_BYTES} allowed")
    if is_deep(value):
        raise BadResult(f"plan.document is nested deeper than {MAX_NESTING}")
    return value


def is_deep(value: Any) -> bool:
    """Tell whether a value of JSON is nested deeper than `MAX_NESTING`."""
    level: list[Any] = [value]
    for _ in range(MAX_NESTING):
        level = [inner for outer in level for inner in _inner(outer)]
        if not level:
            return False
    return True


def _inner(value: Any) -> list[Any]:
    if isinstance(value, dict):
        value = list(value.values())
    return [item for item in value if isinstance(item, dict | list)] if isinstance(value, list) else []


def _place(value: object, where: str) -> tuple[str, Place]:
    address, written = _pair(value, where)
    fields = Fields(written, where)
    place = Place(
        block=fields.span("block"),
        attributes=fields.each("attributes", _named_span),
        callers=fields.each("callers", results.span_of),
        origins=fields.each("origins", _named_span),
        prevent_destroy=fields.take("prevent_destroy", bool),
    )
    fields.done()
    return results.text_of(address, where, MAX_PATH), place


def _named_span(value: object, where: str) -> tuple[str, Any]:
    name, span = _pair(value, where)
    return results.text_of(name, where, MAX_PATH), results.span_of(span, where)


def _move(value: object, where: str) -> tuple[str, str]:
    before, after = _pair(value, where)
    return results.text_of(before, where, MAX_PATH), results.text_of(after, where, MAX_PATH)


def _pair(value: object, where: str) -> tuple[object, object]:
    if not isinstance(value, list) or len(value) != 2:
        raise BadResult(f"{where} is not a pair")
    return value[0], value[1]
