"""Secrets that are known, wherever else they stand: in a variable's default, a script, a failed check's message."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable
from dataclasses import dataclass

from reviewer.masking import MASK
from reviewer.tfplan.bounds import PlanFormatError
from reviewer.tfplan.secret_names import SENSITIVE, is_common

MIN_WHOLE = 4
"""A shorter secret is no news where it stands alone."""
MIN_PART = 8
"""A shorter one is not looked for inside other text."""
MAX_WORK = 5_000_000_000
"""Secrets times characters that are looked through: some seconds."""

_WORD = re.compile(r"[a-z]+|[A-Z]+")


@dataclass(frozen=True, slots=True)
class Spread:
    """What is to be found and taken out."""

    whole: frozenset[str] = frozenset()
    parts: tuple[str, ...] = ()  # the longest first

    def taken_out(self, text: str) -> str:
        """Return `text` without the secrets: SENSITIVE if it is one, else with MASK where they stood."""
        return SENSITIVE if text in self.whole else self.parts_taken_out(text)

    def parts_taken_out(self, text: str) -> str:
        """Return `text` with MASK where long and odd secrets stood: for names, which may be equal to a secret."""
        for part in self.parts:
            if part in text:
                text = text.replace(part, MASK)
        return text


def spread(secrets: Iterable[str], texts: Iterable[str]) -> Spread:
    """Return what of `secrets` is to be looked for in `texts`. Raises PlanFormatError when that would take too long."""
    whole = frozenset(secret for secret in secrets if len(secret) >= MIN_WHOLE and not is_common(secret))
    parts = {form for secret in whole if _is_telling(secret) for form in (secret, json.dumps(secret)[1:-1])}
    joined = "\n".join(texts)
    if len(parts) * len(joined) > MAX_WORK:
        raise PlanFormatError(f"The plan has {len(whole):,} sensitive values in {len(joined):,} characters: too many.")
    found = [part for part in parts if part in joined]
    return Spread(whole=whole, parts=tuple(sorted(found, key=lambda part: (-len(part), part))))


def _is_telling(secret: str) -> bool:
    """Whether `secret` is long and odd enough that text which holds it does so for no other reason."""
    return len(secret) >= MIN_PART and not _WORD.fullmatch(secret)
