"""A Terraform root becomes a private copy that `terraform plan` can read without backend, network or providers.

Pure: repository files in, the files of the copy and what is to be known beside them out. Runs in the contained child.

The copy needs no `terraform init`: there is no backend in it, modules stand in `modules` (TF_DATA_DIR/modules/
modules.json), and every provider in `providers` is attached. Should a backend ever be left in it, `plan` stops and asks
for `init`.
"""

from __future__ import annotations

import json
import posixpath
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Any

from reviewer.fix import hcl_tree
from reviewer.fix.hcl_tree import Block
from reviewer.model import NotExamined
from reviewer.plan import missing, modules, requirements, variables
from reviewer.plan.inferred import inferred
from reviewer.plan.modules import Tree
from reviewer.plan.reading import CannotPlan, configuration
from reviewer.plan.requirements import ProviderUse
from reviewer.plan.sanitise import sanitised

__all__ = ["CannotPlan", "PlanSettings", "Prepared", "ProviderUse", "prepare"]

NO_REMOTE_MODULES: Mapping[str, str] = MappingProxyType({})

_LEFT_OUT = re.compile(
    r"(?:^|/)(?:\.git|\.terraform|terraform\.tfstate\.d)/"
    r"|(?:^|/)(?:\.terraform\.lock\.hcl|\.terraformrc|terraform\.rc|\.tofurc|tofu\.rc|[^/]*\.tfstate(?:\.[^/]*)?)$"
    r"|\.(?:tftest|tfmock|tofutest|tofumock)\.(?:hcl|json)$|\.(?:tfbackend|tfplan)$"
)
"""State, tests that would run, settings of Terraform itself, what earlier runs left."""

_CONFIGURATION = re.compile(r"\.(?:tf|tofu)(?:\.json)?[~#]?$", re.IGNORECASE)
"""Also what Terraform passes over: hidden files, backups."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PlanSettings:
    """What the policy says of a root. `var_files`: repository paths, later ones win."""

    workspace: str = "default"
    var_files: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Prepared:
    """All that is needed to plan one root. `files` and `modules` are written below a directory of their own."""

    files: Mapping[str, bytes]  # path relative to the top of the copy
    root: str  # directory of the root in it: where terraform runs
    modules: bytes  # text of TF_DATA_DIR/modules/modules.json
    providers: tuple[ProviderUse, ...] = ()  # the built-in one is not among them
    inferred: Mapping[str, Any] = field(default_factory=dict)
    """source -> {"resource_schemas": {type: {"block": ...}}, "data_source_schemas": {...}}, as `providers schema`."""
    statements: tuple[NotExamined, ...] = ()  # what the plan will not know; none of them blocks
    moved: tuple[tuple[str, str], ...] = ()  # `moved` blocks: (from, to), with the module they are in
    neutral: tuple[str, ...] = ()  # variables of the root whose values are made up
    names: Mapping[str, str] = field(default_factory=dict)  # path in the copy -> repository, where they differ


def prepare(
    files: Mapping[str, bytes],
    root: str,
    settings: PlanSettings,
    remote_modules: Mapping[str, str] = NO_REMOTE_MODULES,
) -> Prepared:
    """Return the private copy of a root, and what is to be known beside it.

    `files`: repository paths of the root's module closure, and other files beside them. `remote_modules`: an address as
    it is written, with `@VERSION` or without -> the directory in `files` where the operator's copy of it is. Raises
    CannotPlan, whose message tells the author why there can be no plan.
    """
    files = {path: data for path, data in files.items() if _is_below(path) and not _LEFT_OUT.search(path)}
    if not configuration(files, root):
        raise CannotPlan(f"There is no configuration in `{root or '.'}`.")
    tree = modules.tree(files, root, remote_modules)
    folder = modules.stub_folder(files)
    copy, told = _configured(tree, folder)
    copy |= {path: data for path, data in files.items() if not _CONFIGURATION.search(path)}
    values = _with_values(copy, tree, settings)
    copy |= modules.stubs(tree, folder) | values.files | _aliases(tree, copy)
    unread = missing.stand_ins(tree, copy)
    copy |= dict.fromkeys(unread, missing.STAND_IN)
    every = [module.sources for module in tree.modules.values()]
    uses = (use for sources in every for use in requirements.uses(sources))
    return Prepared(
        files=copy,
        root=root,
        modules=modules.manifest(tree, folder),
        providers=tuple(dict.fromkeys(uses)),
        inferred=inferred(every),
        statements=(*told, *modules.statements(tree), *values.statements, *unread.values()),
        moved=tuple(_moved(tree)),
        neutral=values.neutral,
        names={s.copy: s.path for sources in every for s in sources if s.copy != s.path} | values.names,
    )


def _is_below(path: str) -> bool:
    """Whether a path stays below the top of the copy, and means what it says."""
    plain = "\0" not in path and "\\" not in path and not path.startswith("/")
    return plain and posixpath.normpath(f"/{path}") == f"/{path}" != "/"


def _configured(tree: Tree, folder: str) -> tuple[dict[str, bytes], list[NotExamined]]:
    """The configuration of every module, sanitised; files of configuration that no module reads are not needed."""
    redirects = modules.redirects(tree, folder)
    copy: dict[str, bytes] = {}
    told: list[NotExamined] = []
    for module in tree.modules.values():
        for source in module.sources:
            clean = sanitised(source, redirects[module.directory])
            copy[source.copy] = clean.text
            told += clean.statements
    return copy, told


@dataclass(frozen=True, slots=True, kw_only=True)
class _Values:
    """Files that give values to the root's variables."""

    files: dict[str, bytes]
    names: dict[str, str]
    neutral: tuple[str, ...]
    statements: tuple[NotExamined, ...]


def _with_values(files: Mapping[str, bytes], tree: Tree, settings: PlanSettings) -> _Values:
    """The policy's files of variables behind those that Terraform reads by itself, and neutral values for the rest.

    Terraform reads `terraform.tfvars`, then `*.auto.tfvars` by name; the last value of a variable counts.
    """
    here = sorted(path for path in files if posixpath.dirname(path) == tree.root and _is_read(path))
    wanted = [path for path in settings.var_files if path in files]
    last = max([posixpath.basename(path) for path in here] + ["zz_plumbrule"])
    named = {_in(tree.root, f"{last}.{n:03}.auto.{_kind(path)}"): path for n, path in enumerate(wanted)}
    given = [name for path in (*here, *wanted) for name in variables.names_in(path, files[path])]
    values = variables.neutral_values(tree.modules[tree.root].sources, given)
    copies = {copy: files[path] for copy, path in named.items()}
    if values:
        # Where such a value is taken for the name of a file, there is one.
        copies[_in(tree.root, variables.NEUTRAL)] = b"{}"
        copies[_free(_in(tree.root, "zz_plumbrule.auto.tfvars.json"), files)] = json.dumps(values).encode()
    absent = tuple(_no_var_file(path) for path in settings.var_files if path not in files)
    return _Values(files=copies, names=named, neutral=tuple(values), statements=(*absent, *_told(tree.root, values)))


def _is_read(path: str) -> bool:
    name = posixpath.basename(path)
    return name.endswith((".auto.tfvars", ".auto.tfvars.json")) or name in ("terraform.tfvars", "terraform.tfvars.json")


def _kind(path: str) -> str:
    return "tfvars.json" if path.endswith(".json") else "tfvars"


def _in(directory: str, name: str) -> str:
    return posixpath.join(directory, name)


def _free(path: str, taken: Iterable[str]) -> str:
    """A path that is not taken: with as many underscores in front of the name as it needs."""
    directory, name = posixpath.split(path)
    while _in(directory, name) in taken:
        name = f"_{name}"
    return _in(directory, name)


def _no_var_file(path: str) -> NotExamined:
    return NotExamined(what=path, why="The policy names this file of variables, and it is not here.", blocking=False)


def _told(root: str, values: Mapping[str, Any]) -> Iterator[NotExamined]:
    if values:
        names = ", ".join(list(values)[:10]) + (", ..." if len(values) > 10 else "")
        why = f"Nothing here says what these are, so the plan is made with neutral values: {names}."
        yield NotExamined(what=f"variables of {root or 'the root'}", why=why, blocking=False)


def _aliases(tree: Tree, files: Mapping[str, bytes]) -> dict[str, bytes]:
    """The provider configurations that a module expects from a caller, when it is planned as a root."""
    wanted = requirements.missing_aliases(tree.modules[tree.root].sources)
    blocks = "".join(f'provider "{name}" {{\n  alias = "{alias}"\n}}\n' for name, alias in wanted)
    return {_free(_in(tree.root, "zz_plumbrule.tf"), files): blocks.encode()} if blocks else {}


def _moved(tree: Tree) -> Iterator[tuple[str, str]]:
    """`moved` blocks of every module that is called once, so that the instance that moved is known."""
    for way, directory in tree.instances:
        if all(call.is_one for call in way):
            prefix = "".join(f"module.{call.name}." for call in way)
            for source in tree.modules[directory].sources:
                for block in source.top.blocks_of("moved"):
                    if (old := _address(block, "from")) and (new := _address(block, "to")):
                        yield prefix + old, prefix + new


def _address(block: Block, name: str) -> str:
    attribute = block.attribute(name)
    return hcl_tree.source_of(attribute.value).strip('"') if attribute else ""
