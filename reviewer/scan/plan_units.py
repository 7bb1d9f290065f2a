"""What a root is planned from: the code of its modules, and the files beside it that the code may read. Pure.

Owns which files those are. A plan reads more than a scan: templates, policies in JSON, scripts that are hashed.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator

from reviewer.scan.kinds import directory_of, in_generated
from reviewer.scan.layout import Layout
from reviewer.scan.objects import REGULAR, Entry
from reviewer.scan.unit import ScanUnit, UnitFile, UnitKind

MOST_EXTRAS = 1000
"""Files of one root beside its code; the code that reads others cannot be planned, and says so."""

_NEVER_READ = (".md", ".png", ".jpg", ".jpeg", ".gif", ".svg", ".ico", ".pdf", ".mp4", ".lock", ".lock.hcl", ".tfstate")


def plan_unit(layout: Layout, root: str, named: Iterable[str] = ()) -> ScanUnit | None:
    """Return what the root directory `root` is planned from, None where this commit has no such root.

    `named` are paths of variable files, which may lie anywhere. Files are under their own names: no `.tofu` is renamed.
    """
    if root not in layout.graph.roots:
        return None
    closure = layout.graph.closure(root)
    code = [entry for folder in closure for entry in layout.terraform[folder]]
    code += [layout.everything[path] for path in named if path in layout.everything]
    extras = list(_extras(layout, closure))[:MOST_EXTRAS]
    entries = {entry.path: entry for entry in (*extras, *code) if entry.mode in REGULAR}
    files = tuple(UnitFile(layout.links.path(entry), entry.oid, path) for path, entry in sorted(entries.items()))
    return ScanUnit(kind=UnitKind.TERRAFORM, directory=root, files=files) if files else None


def affected_roots(layout: Layout, changed: Collection[str]) -> frozenset[str]:
    """Return the roots whose plan may change: those that are scanned again, and those beside whose code a file did."""
    roots = {directory for kind, directory in layout.affected(changed) if kind is UnitKind.TERRAFORM}
    modules = {folder for path in changed if _may_be_read(path) and (folder := _module_of(layout, path)) is not None}
    return frozenset(roots | layout.graph.roots_over(modules))


def _extras(layout: Layout, closure: frozenset[str]) -> Iterator[Entry]:
    prefixes = tuple(f"{folder}/" if folder else "" for folder in closure)
    for path, entry in layout.everything.items():
        if path.startswith(prefixes) and _may_be_read(path) and _module_of(layout, path) in closure:
            yield entry


def _may_be_read(path: str) -> bool:
    return not path.endswith(_NEVER_READ) and not in_generated(path) and "/." not in f"/{path}"


def _module_of(layout: Layout, path: str) -> str | None:
    """Return the nearest directory above a file that holds Terraform code."""
    folder = directory_of(path)
    while folder not in layout.terraform:
        if not folder:
            return None
        folder = directory_of(folder)
    return folder
