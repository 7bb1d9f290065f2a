"""Scan units: files that are scanned together, and the key that names their content. Pure."""

from __future__ import annotations

import enum
from dataclasses import dataclass

from reviewer.model import NotExamined, fingerprint

UnitId = tuple["UnitKind", str]
"""Which unit of a commit: its kind and its directory."""


class UnitKind(enum.StrEnum):
    """What a unit is scanned as."""

    TERRAFORM = "terraform"
    DIRECTORY = "directory"
    HELM = "helm"
    KUSTOMIZE = "kustomize"


@dataclass(frozen=True, slots=True)
class UnitFile:
    """A file of a unit: where it lies in the repository, what it holds, and the name under which it is scanned."""

    path: str
    oid: str
    scan_as: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ScanUnit:
    """Files that are scanned together. `directory` is the root, chart or folder; "" for the repository's own."""

    kind: UnitKind
    directory: str
    files: tuple[UnitFile, ...]  # sorted by path

    @property
    def id(self) -> UnitId:
        """Which unit of its commit this is."""
        return self.kind, self.directory

    def key(self, version: str) -> str:
        """Return 32 hexadecimal digits that change with anything that the result can depend on.

        `version` stands for the scanner and its limits.
        """
        parts = (part for file in self.files for part in (file.path, file.scan_as, file.oid))
        return fingerprint(version, self.kind, self.directory, *parts)


@dataclass(frozen=True, slots=True, kw_only=True)
class UnitPlan:
    """What is to be scanned, and what of it cannot be."""

    units: tuple[ScanUnit, ...] = ()
    not_examined: tuple[NotExamined, ...] = ()
