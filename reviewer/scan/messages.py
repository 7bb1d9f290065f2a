"""What a finding says of the code at hand: the title says what is wrong, this what is there, in the reader's names.

Says nothing rather than something doubtful: what a check names is often not where the trouble is. Runs in the
contained child.
"""

from __future__ import annotations

import functools
from typing import Any

from reviewer.scan import narrow

MAX_SHOWN = 120
"""Characters of code that a message quotes; of longer code it gives the name."""


def about_code(record: Any, resource: str, place: narrow.Place, shown: str) -> str:
    """Return what `record`, of a failed check, found at `place`, whose text is `shown`; "" when nobody knows."""
    short = 0 < len(shown) <= MAX_SHOWN and not shown.endswith(("{", "[", "(", ":"))
    if place.guessed:
        return f"The likely reason is `{_code(shown)}`." if short else ""
    if not place.key:
        return ""
    if place.attribute is None:
        doubtful = narrow.is_context(place.key) or "[" in place.key or looks_elsewhere(str(record.check_id))
        return "" if doubtful else f"`{resource}` does not set `{place.key}`."
    return f"`{resource}` has `{_code(shown)}`." if short else f"It is in `{place.key}` of `{resource}`."


def about_instruction(shown: str) -> str:
    """Return what is said of an instruction of a Dockerfile."""
    return f"The line is `{_code(shown)}`." if len(shown) <= MAX_SHOWN else ""


def about_secret(record: Any, line: int) -> str:
    """Return what is said of a secret: never the secret."""
    return f"Line {line} seems to hold one ({record.check_name}); it is not repeated here."


def about_workflow(shown: str) -> str:
    """Return what is said of the rights that a workflow as a whole gives its token."""
    return (
        f"It says `{_code(shown)}`." if shown else "It does not say `permissions`, so the repository's default counts."
    )


@functools.cache
def looks_elsewhere(check_id: str) -> bool:
    """Tell whether a check looks at resources around the one that it blames: then what it names may be theirs."""
    from checkov.common.checks_infra.registry import get_all_graph_checks_registries

    checks = (check for registry in get_all_graph_checks_registries() for check in registry.checks)
    return any(check.id == check_id and _has_connection(check) for check in checks)


def _has_connection(check: Any) -> bool:
    return "CONNECTION" in str(check.type) or any(map(_has_connection, check.sub_checks))


def _code(text: str) -> str:
    return text.replace("`", "'")
