"""How the infrastructure of one commit hangs together: roots and modules, charts, kustomizations, folders.

Owns which units a commit has and which of them a change affects. Pure: made of a listing and of what files refer to.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass, replace

from reviewer.model import NotExamined
from reviewer.scan import charts as helm
from reviewer.scan import gaps, links
from reviewer.scan.kinds import (
    TERRAFORM_ENDINGS,
    Kind,
    directory_of,
    in_generated,
    is_image_recipe,
    kind_of,
    terraform_kind_of,
)
from reviewer.scan.links import Links, is_link
from reviewer.scan.modules import references
from reviewer.scan.objects import REGULAR, SUBMODULE, Entry
from reviewer.scan.roots import References, is_local, relate, resolve
from reviewer.scan.unit import ScanUnit, UnitFile, UnitId, UnitKind, UnitPlan

MAX_UNITS = 2000
_CHECKOVS_DOCKERFILE = re.compile(r"(?:^|[/.])[Dd]ockerfile(?:\.[^/]+)?$")
Sources = Mapping[str, tuple[str, ...]]
"""`source_key` of a file -> what it refers to, as `modules.references` read it."""
Files = Mapping[str, tuple[Entry, ...]]
"""Directory -> files directly in it."""
Grouped = dict[UnitKind, dict[str, list[Entry]]]
"""Files by chart, and by folder: for the units that hold more than infrastructure."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Layout:
    """The infrastructure of one commit."""

    everything: Mapping[str, Entry]  # as git lists it: links are links
    links: Links
    terraform: Files  # what Terraform and Checkov read in each directory of Terraform files
    directories: Files
    charts: frozenset[str]
    graph: References
    kustomizations: References
    sources: Sources
    tools: frozenset[str]

    def ids(self) -> frozenset[UnitId]:
        """Return every unit."""
        return frozenset((kind, directory) for kind in UnitKind for directory in self._of_kind(kind))

    def affected(self, changed: Iterable[str]) -> frozenset[UnitId]:
        """Return the units that the paths `changed` belong to, or belonged to."""
        found: set[UnitId] = set()
        folders: set[str] = set()
        modules: set[str] = set()
        for path in self._with_aliases(changed):
            kind, directory = kind_of(path), directory_of(path)
            folders.add(directory)
            chart = helm.chart_of(path, self.charts)
            if chart is not None:
                found.add((UnitKind.HELM, chart))
            if self._is_terraform(path):
                modules.add(directory)
            if kind is not Kind.OTHER and directory in self.directories:
                found.add((UnitKind.DIRECTORY, directory))
        found |= {(UnitKind.TERRAFORM, root) for root in self.graph.roots_over(modules)}
        found |= {(UnitKind.KUSTOMIZE, root) for root in self.kustomizations.roots_over(folders)}
        return frozenset(found)

    def reached_by(self, ids: Iterable[UnitId]) -> frozenset[str]:
        """Return the directories in the closures of the Terraform roots among `ids`."""
        roots = [directory for kind, directory in ids if kind is UnitKind.TERRAFORM and directory in self.graph.roots]
        return frozenset(directory for root in roots for directory in self.graph.closure(root))

    def plan(self, ids: Collection[UnitId]) -> UnitPlan:
        """Return those of the units `ids` that this commit has; ids that it does not have are passed over."""
        wanted = sorted((kind, directory) for kind, directory in ids if directory in self._of_kind(kind))
        notes = {gaps.too_many(len(wanted) - MAX_UNITS): None} if len(wanted) > MAX_UNITS else {}
        units = []
        grouped = self._grouped(wanted)
        for kind, directory in wanted[:MAX_UNITS]:
            if kind in (UnitKind.HELM, UnitKind.KUSTOMIZE) and kind not in self.tools:
                notes[gaps.no_tool(kind, directory)] = None
                continue
            entries = self._entries(kind, directory, grouped)
            unusable = {entry: gaps.unusable(entry, self.links.lost.get(entry.path)) for entry in entries}
            notes |= {note: None for note in unusable.values() if note}
            if kind is UnitKind.TERRAFORM:
                notes |= dict.fromkeys(self._unfollowed(entries)) | dict.fromkeys(self._replaced(entries))
            files = tuple(self._named(entry for entry in entries if not unusable[entry]))
            if files:
                units.append(ScanUnit(kind=kind, directory=directory, files=files))
        return UnitPlan(units=tuple(units), not_examined=tuple(notes))

    def _of_kind(self, kind: UnitKind) -> Collection[str]:
        if kind is UnitKind.TERRAFORM:
            return self.graph.roots
        if kind is UnitKind.DIRECTORY:
            return self.directories
        return self.charts if kind is UnitKind.HELM else self.kustomizations.roots

    def _with_aliases(self, paths: Iterable[str]) -> Iterator[str]:
        for path in paths:
            yield path
            yield from self.links.touched_by.get(path, ())

    def _is_terraform(self, path: str) -> bool:
        """Tell whether Terraform reads `path` here, or would if it were still there."""
        entry = self.links.aliases.get(path) or self.everything.get(path)
        if entry is None:
            return terraform_kind_of(path) is not None
        return entry in self.terraform.get(directory_of(path), ())

    def _entries(self, kind: UnitKind, directory: str, grouped: Grouped) -> list[Entry]:
        """Return the files of one unit, sorted by path."""
        if kind is UnitKind.TERRAFORM:
            entries = [entry for folder in self.graph.closure(directory) for entry in self.terraform[folder]]
        elif kind is UnitKind.DIRECTORY:
            entries = list(self.directories[directory])
        elif kind is UnitKind.HELM:
            entries = grouped[kind].get(directory, [])
        else:
            closure = self.kustomizations.closure(directory)
            entries = [entry for folder in closure for entry in grouped[kind].get(folder, ())]
        return sorted((entry for entry in entries if entry.mode != SUBMODULE), key=lambda entry: entry.path)

    def _grouped(self, wanted: Iterable[UnitId]) -> Grouped:
        """Return all files by chart, and by folder, where the units `wanted` have whole charts and folders in them."""
        kinds = {kind for kind, _ in wanted} & {UnitKind.HELM, UnitKind.KUSTOMIZE}
        grouped: Grouped = {kind: defaultdict(list) for kind in kinds}
        for entry in self._listed() if kinds & self.tools else ():
            chart = helm.chart_of(entry.path, self.charts) if UnitKind.HELM in kinds else None
            if chart is not None:
                grouped[UnitKind.HELM][chart].append(entry)
            if UnitKind.KUSTOMIZE in kinds:
                grouped[UnitKind.KUSTOMIZE][directory_of(entry.path)].append(entry)
        return grouped

    def _listed(self) -> Iterable[Entry]:
        """Return all files, links replaced by what they stand for where that is infrastructure."""
        found = {**self.everything, **self.links.aliases}
        return (entry for entry in found.values() if not is_link(entry) or kind_of(entry.path) is not Kind.OTHER)

    def _named(self, entries: Iterable[Entry]) -> Iterator[UnitFile]:
        """Yield the files of a unit with names to scan them under, each name once (there may be x.tf and x.tofu)."""
        entries = tuple(entries)
        taken = {entry.path for entry in entries}
        for entry in entries:
            name = scan_name(entry.path)
            while name != entry.path and name in taken:
                name += ".tf"
            taken.add(name)
            yield UnitFile(self.links.path(entry), entry.oid, name)

    def _replaced(self, entries: Iterable[Entry]) -> Iterator[NotExamined]:
        """Yield the files that OpenTofu does not read, and Terraform does."""
        for entry in entries:
            name = scan_name(entry.path)
            if name != entry.path and terraform_kind_of(entry.path) is not None and name in self.everything:
                yield gaps.replaced(name, entry.path)

    def _unfollowed(self, entries: Iterable[Entry]) -> Iterator[NotExamined]:
        """Yield the module sources that lead to nothing in this commit."""
        for entry in entries:
            for source in () if is_link(entry) else self.sources.get(source_key(entry), ()):
                target = resolve(directory_of(entry.path), source) if is_local(source) else None
                if target is None or target not in self.terraform:
                    yield gaps.not_followed(source, target, self.everything)


def lay_out(listing: Iterable[Entry], sources: Sources, tools: frozenset[str]) -> Layout:
    """Return how the infrastructure of a commit hangs together."""
    everything = {entry.path: entry for entry in listing}
    found = links.follow(everything, _link_texts(everything, sources))
    terraform: dict[str, list[Entry]] = defaultdict(list)
    folders: dict[str, list[Entry]] = defaultdict(list)
    inner_charts: list[str] = []
    for path, entry in {**everything, **found.aliases}.items():
        kind = kind_of(path)
        if terraform_kind_of(path) is not None:
            terraform[directory_of(path)].append(entry)
        if path in found.real and kind_of(found.real[path]) is not Kind.OTHER:
            continue  # reviewed where it lies
        if kind is not Kind.OTHER and entry.mode != SUBMODULE:
            folders[directory_of(path)].append(entry)
            if kind is Kind.CHART:
                inner_charts.append(directory_of(path))
    charts = helm.outermost(inner_charts)
    modules = _modules(terraform)
    return Layout(
        everything=everything,
        links=found,
        terraform=modules,
        directories=_read_as_they_are(folders, charts),
        charts=charts,
        graph=_module_graph(modules, sources, found),
        kustomizations=_kustomize_graph(folders, everything, sources),
        sources=sources,
        tools=tools,
    )


def needs_reading(entry: Entry) -> bool:
    """Tell whether how a commit hangs together depends on what this file holds."""
    if is_link(entry):
        return True
    if entry.mode not in REGULAR:
        return False
    path = entry.path
    return terraform_kind_of(path) is Kind.TERRAFORM or kind_of(path) is Kind.KUSTOMIZATION


def source_key(entry: Entry) -> str:
    """Return what names the references of a file: its object id, and the language when that is not HCL."""
    if is_link(entry):
        return f"{entry.oid}@"
    return entry.oid if entry.path.endswith((".tf", ".tofu")) else f"{entry.oid}{entry.path[-5:]}"


def references_of(entry: Entry, text: str) -> tuple[str, ...]:
    """Return what a file refers to, as `modules.references` reads it; a link refers to what its text names."""
    return (text,) if is_link(entry) else references(entry.path, text)


def scan_name(path: str) -> str:
    """Return the name that Checkov reads a file under: it knows no .tofu, no Containerfile and no DOCKERFILE."""
    for ending, known in ((".tofu.json", ".tf.json"), (".tofu", ".tf")):
        if path.endswith(ending):
            return path.removesuffix(ending) + known
    if is_image_recipe(path.rpartition("/")[2]) and not _CHECKOVS_DOCKERFILE.search(path):
        return f"{path}.Dockerfile"
    return path


def _modules(terraform: Mapping[str, Iterable[Entry]]) -> dict[str, tuple[Entry, ...]]:
    """Return the directories that hold code, with what OpenTofu reads there: `x.tofu` replaces `x.tf`."""
    modules = {}
    for directory, entries in terraform.items():
        replaced = {scan_name(entry.path) for entry in entries if entry.path.endswith((".tofu", ".tofu.json"))}
        read = tuple(entry for entry in entries if entry.path not in replaced)
        if any(entry.path.endswith(TERRAFORM_ENDINGS) for entry in read):
            modules[directory] = read
    return modules


def _link_texts(everything: Mapping[str, Entry], sources: Sources) -> dict[str, str]:
    texts = {path: sources.get(source_key(entry), ()) for path, entry in everything.items() if is_link(entry)}
    return {path: text[0] if text else "" for path, text in texts.items()}


def _module_graph(modules: Files, sources: Sources, found: Links) -> References:
    """A directory that is there only through a link is no root, nor is one that is called as a module through it."""
    calls = {
        directory: frozenset(
            target
            for entry in entries
            for source in sources.get(source_key(entry), ())
            if is_local(source) and (target := resolve(directory, source)) is not None and target in modules
        )
        for directory, entries in modules.items()
    }
    through_links = {directory: _real_directory(entries, found) for directory, entries in modules.items()}
    called = frozenset().union(*calls.values())
    elsewhere = {real for directory, real in through_links.items() if real is not None and directory in called}
    ours = frozenset(
        directory
        for directory in modules
        if not in_generated(f"{directory}/x") and through_links[directory] is None and directory not in elsewhere
    )
    return relate(calls, ours)


def _real_directory(entries: Iterable[Entry], found: Links) -> str | None:
    """Return the directory that `entries` lie in where all of them are seen through a link to a directory."""
    real = {directory_of(found.real.get(entry.path, "")) for entry in entries if entry.path in found.real}
    linked = all(entry.path in found.real and entry.path not in found.touched_by for entry in entries)
    return real.pop() if linked and len(real) == 1 else None


def _kustomize_graph(
    folders: Mapping[str, Iterable[Entry]], everything: Mapping[str, Entry], sources: Sources
) -> References:
    """A kustomization refers to other ones, and to files: the folders of those are in its closure too."""
    files = {
        directory: entry
        for directory, entries in folders.items()
        for entry in entries
        if kind_of(entry.path) is Kind.KUSTOMIZATION
    }
    calls: dict[str, frozenset[str]] = {}
    for directory, entry in files.items():
        found = {resolve(directory, source) for source in sources.get(source_key(entry), ())}
        targets = {target for target in found if target is not None}
        named = {target for target in targets if target in files}
        named |= {directory_of(target) for target in targets if target in everything}
        calls[directory] = frozenset(named)
    for target in frozenset[str]().union(*calls.values()):
        calls.setdefault(target, frozenset())
    return relate(calls, frozenset(files))


def _read_as_they_are(folders: Mapping[str, Iterable[Entry]], charts: frozenset[str]) -> dict[str, tuple[Entry, ...]]:
    """Return what is scanned folder by folder: all but the templates of charts, which mean nothing before Helm ran."""
    plain = {
        directory: tuple(entry for entry in entries if not helm.is_template(entry.path, charts))
        for directory, entries in folders.items()
    }
    return {directory: entries for directory, entries in plain.items() if entries}


def lay_out_with(layout: Layout, files: Mapping[str, Entry | None], sources: Sources) -> Layout:
    """Return the layout of the commit where `files` are as given (None: not there) and all others as in `layout`.

    Most changes leave the graph as it is, and then only the files of the folders they touch are exchanged.
    """
    everything = {path: entry for path, entry in {**layout.everything, **files}.items() if entry is not None}
    linked = any(path in layout.links.touched_by for path in files)
    if linked or any(_moves_structure(layout.everything.get(path), entry, sources) for path, entry in files.items()):
        return lay_out(everything.values(), sources, layout.tools)
    touched = {directory_of(path) for path in files}

    def exchanged(folders: Files) -> Files:
        mine = {directory: folders[directory] for directory in touched if directory in folders}
        return {**folders, **{d: tuple(everything[e.path] for e in entries) for d, entries in mine.items()}}

    return replace(
        layout,
        everything=everything,
        terraform=exchanged(layout.terraform),
        directories=exchanged(layout.directories),
        sources=sources,
    )


def _moves_structure(one: Entry | None, other: Entry | None, sources: Sources) -> bool:
    """Tell whether putting one file in place of another can alter which files a scan has, or what they refer to."""
    entry = one or other
    if (one and is_link(one)) or (other and is_link(other)):
        return True
    if entry is None or (kind_of(entry.path) is Kind.OTHER and terraform_kind_of(entry.path) is None):
        return False
    if one is None or other is None or SUBMODULE in (one.mode, other.mode):
        return True
    return sources.get(source_key(one), ()) != sources.get(source_key(other), ())
