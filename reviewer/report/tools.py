"""What looked: versions for the small print of a review and for SARIF.

Owns how tools are named. Must not know what they found.
"""

from __future__ import annotations

from dataclasses import dataclass
from importlib import metadata


@dataclass(frozen=True, slots=True, kw_only=True)
class Tools:
    """Versions of what reviewed; an empty one is not told."""

    plumbrule: str = ""
    checkov: str = ""
    own_rules: int = 0

    @property
    def told(self) -> str:
        """`Checkov 3.3.30, 61 rules of ours`."""
        parts = [f"Checkov {self.checkov}" if self.checkov else ""]
        parts.append(f"{self.own_rules} rule{'' if self.own_rules == 1 else 's'} of ours" if self.own_rules else "")
        return ", ".join(part for part in parts if part)


def installed_tools(own_rules: int = 0) -> Tools:
    """Return the versions that are installed here, as the packages' metadata says."""
    return Tools(plumbrule=_version("plumbrule"), checkov=_version("checkov"), own_rules=own_rules)


def _version(package: str) -> str:
    try:
        return metadata.version(package)
    except metadata.PackageNotFoundError:
        return ""
