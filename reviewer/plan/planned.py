"""What planning one root at one commit gave, as the contained child hands it over. Pure: values and their bytes.

Owns the form between the sandbox and the worker, and its limits. What is in it is redacted and still hostile.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from reviewer.model import Finding, NotExamined, PlanOrigin
from reviewer.tfplan.model import Place

MAX_DOCUMENT_BYTES = 16 << 20
"""A redacted plan in JSON may be so long; a longer one is a root that could not be planned."""


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
    """A plan that was made elsewhere with the real providers. `document` is JSON as it came: nothing in it is redacted."""

    root: str
    workspace: str = "default"
    document: bytes = field(repr=False)
    origin: PlanOrigin = PlanOrigin.WORKFLOW
