"""How big machines are by their names: `db.t3.small`, `Standard_D4s_v5`, `n2-standard-8`.

Says only whether one is bigger than another, and nothing where the names do not tell. Prices are not known here.
"""

from __future__ import annotations

import re

_AWS = re.compile(
    r"^(?:db\.|cache\.|ml\.)?([a-z]+)[\w-]*\.(nano|micro|small|medium|(\d{0,3})x?large|metal[\w-]*)(?:\.search)?$"
)
_NAMED = {"nano": 0.125, "micro": 0.25, "small": 0.5, "medium": 1.0, "large": 2.0, "xlarge": 4.0}
_AZURE = re.compile(r"^(?:(?:GP|B|MO)_)?(?:Standard|Basic)_([A-Z]{1,3})(\d{1,3})", re.IGNORECASE)
_AZURE_TIER = re.compile(r"^(?:GP|BC|HS|MO|B)_(?:S_)?Gen\d_(\d{1,3})$")
_AZURE_PLAN = re.compile(r"^(F|D|B|S|P|EP|Y|WS|I)(\d{1,3})(?:m?v(\d))?$")
_PLANS = {"F": 0, "Y": 0, "D": 1, "B": 2, "S": 3, "EP": 4, "WS": 4, "P": 5, "I": 6}
_GOOGLE = re.compile(
    r"^(?:db-)?([a-z]\d?[a-z]?)-(micro|small|medium|(?:standard|highmem|highcpu|ultramem|megamem)-(\d{1,3}))(?:-\w+)?$"
)
_GOOGLE_CUSTOM = re.compile(r"^(?:db-|\w{1,4}-)?custom-(\d{1,3})-(\d{1,7})")


def size(name: str) -> float | None:
    """Return how big a machine of that name is, in its provider's own measure; None when the name does not tell."""
    name = name.strip()[:60]
    for pattern, measure in (
        (_AWS, _aws),
        (_AZURE, lambda match: float(match[2])),
        (_AZURE_TIER, lambda match: float(match[1])),
        (_AZURE_PLAN, lambda match: _PLANS[match[1].upper()] * 100.0 + float(match[2])),
        (_GOOGLE, lambda match: float(match[3]) if match[3] else _NAMED[match[2]]),
        (_GOOGLE_CUSTOM, lambda match: float(match[1])),
    ):
        match = pattern.match(name)
        if match:
            return measure(match)
    return None


def _aws(match: re.Match[str]) -> float:
    if match[2].startswith("metal"):
        return 400.0
    base = _NAMED.get(match[2]) or 4.0 * float(match[3] or 1)
    # Machines of the family t share a core: of one size they are the smaller ones.
    return base * 0.9 if match[1] == "t" else base


def is_bigger(before: str, after: str) -> bool:
    """Whether `after` is surely a bigger machine than `before`."""
    old, new = size(before), size(after)
    return old is not None and new is not None and new > old
