"""The modules of a root: which directory each call leads to, and what stands in for modules that are not here.

Owns the tree of calls, the text of `modules.json`, and stubs: modules that take the arguments of a call and give the
outputs that its caller reads, all unknown. Pure. Terraform is made to find every module on its own disk: calls of what
comes from elsewhere are redirected to the operator's copy of it, or to a stub.
"""

from __future__ import annotations

import json
import posixpath
import re
from collections import deque
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace

from reviewer.fix import hcl_tree
from reviewer.fix.hcl_tree import Block
from reviewer.model import NotExamined
from reviewer.plan.reading import CannotPlan, Source, configuration, sources
from reviewer.plan.references import outputs_read
from reviewer.plan.sanitise import UNKNOWN, Redirect
from reviewer.scan.roots import is_local, resolve

MAX_INSTANCES = 1000
"""Calls of modules, each counted once for every way that leads to it."""
MAX_DEPTH = 20

META = frozenset({"source", "version", "providers", "count", "for_each", "depends_on"})
_NAME = re.compile(r"[A-Za-z_][\w-]*")
_RESERVED = frozenset({"lifecycle", "locals"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Call:
    """A module call: the block, and those of override files that are merged over it."""

    name: str
    blocks: tuple[tuple[Source, Block], ...]
    source: str | None  # None when it is no plain string
    target: str | None = None  # directory of the module's files; None for a stub
    why_not: str = ""  # of a stub: where it comes from, for people

    @property
    def is_one(self) -> bool:
        """Whether it makes exactly one instance."""
        return not any(block.attribute("count") or block.attribute("for_each") for _, block in self.blocks)

    @property
    def arguments(self) -> frozenset[str]:
        """The variables that it sets."""
        names = (attribute.name for _, block in self.blocks for attribute in block.attributes)
        return frozenset(name for name in names if name not in META)


@dataclass(frozen=True, slots=True, kw_only=True)
class Module:
    """A directory of configuration, and the calls in it by name."""

    directory: str
    sources: tuple[Source, ...]
    calls: Mapping[str, Call]


@dataclass(frozen=True, slots=True, kw_only=True)
class Tree:
    """The modules of a root by directory, and every way from the root to one of them."""

    root: str
    modules: Mapping[str, Module]
    instances: tuple[tuple[tuple[Call, ...], str], ...]  # (calls from the root inwards, directory); the root first


def tree(files: Mapping[str, bytes], root: str, remote_modules: Mapping[str, str]) -> Tree:
    """Return the modules of the root. Raises CannotPlan for what cannot be read, and for calls without end."""
    modules: dict[str, Module] = {}
    instances: list[tuple[tuple[Call, ...], str]] = []
    waiting: deque[tuple[tuple[Call, ...], str]] = deque([((), root)])
    while waiting:
        way, directory = waiting.popleft()
        if len(way) > MAX_DEPTH or len(instances) >= MAX_INSTANCES:
            where = ".".join(call.name for call in way[:3])
            raise CannotPlan(
                f"Module calls go deeper than {MAX_DEPTH} or are more than {MAX_INSTANCES}: see `{where}`."
            )
        if directory not in modules:
            modules[directory] = _module(files, directory, remote_modules)
        instances.append((way, directory))
        for call in modules[directory].calls.values():
            if call.target is not None:
                waiting.append(((*way, call), call.target))
    return Tree(root=root, modules=modules, instances=tuple(instances))


def _module(files: Mapping[str, bytes], directory: str, remote_modules: Mapping[str, str]) -> Module:
    read = sources(files, directory)
    blocks: dict[str, list[tuple[Source, Block]]] = {}
    for source in read:
        for block in source.top.blocks_of("module"):
            if block.labels:
                blocks.setdefault(block.labels[0], []).append((source, block))
    calls = {}
    for name, parts in blocks.items():
        call = Call(name=name, blocks=tuple(parts), source=_last(parts, "source"))
        calls[name] = _led(call, files, directory, remote_modules)
    return Module(directory=directory, sources=read, calls=calls)


def _last(parts: list[tuple[Source, Block]], name: str) -> str | None:
    """The plain string that an argument is in the last block that has it."""
    found = [attribute for _, block in parts if (attribute := block.attribute(name))]
    text = hcl_tree.literal(found[-1].value) if found else None
    return text if isinstance(text, str) else None


def _led(call: Call, files: Mapping[str, bytes], directory: str, remote_modules: Mapping[str, str]) -> Call:
    """The call with the directory that it leads to, or with the reason why it leads nowhere."""
    if call.source is None:
        return replace(call, why_not="an address that is computed")
    if not is_local(call.source):
        version = _last(list(call.blocks), "version")
        target = _cached(call.source, version, remote_modules)
        return replace(call, target=target if target and configuration(files, target) else None, why_not=call.source)
    target = resolve(directory, call.source)
    if target is None:
        return replace(call, why_not=f"{call.source}, outside of the repository")
    return replace(call, target=target if configuration(files, target) else None, why_not=call.source)


def _cached(source: str, version: str | None, remote_modules: Mapping[str, str]) -> str | None:
    """Where the operator's copy is: of the address as it is written, or of its package and then below."""
    package, folder = _package(source)
    for address, below in ((source, ""), (package, folder)):
        found = remote_modules.get(f"{address}@{version}") or remote_modules.get(address)
        if found:
            return posixpath.normpath(posixpath.join(found, below))
    return None


def _package(source: str) -> tuple[str, str]:
    """`git::https://host/x.git//sub?ref=v1` -> (`git::https://host/x.git?ref=v1`, `sub`)."""
    address, _, query = source.partition("?")
    scheme, separator, rest = address.rpartition("://")
    package, _, folder = rest.partition("//")
    return scheme + separator + package + ("?" + query if query else ""), folder


def stub_folder(files: Mapping[str, bytes]) -> str:
    """Return a directory that is not in the repository."""
    name = "plumbrule_stubs"
    while any(path.startswith(name) for path in files):
        name += "_"
    return name


def redirects(tree: Tree, folder: str) -> dict[str, dict[str, Redirect]]:
    """Return for each directory where its calls lead, by name, as far as that is not what is written."""
    return {
        module.directory: {
            call.name: redirect for call in module.calls.values() if (redirect := _redirect(module, call, folder))
        }
        for module in tree.modules.values()
    }


def _redirect(module: Module, call: Call, folder: str) -> Redirect | None:
    if call.target is not None and call.source is not None and is_local(call.source):
        return None
    target = stub_of(module, call, folder) if call.target is None else call.target
    return Redirect(source=_from(module.directory, target), is_stub=call.target is None)


def stub_of(module: Module, call: Call, folder: str) -> str:
    """Return the directory of the stub for a call."""
    number = list(module.calls).index(call.name)
    return posixpath.join(folder, module.directory, str(number))


def _from(directory: str, target: str) -> str:
    """A target as a local source written in a directory."""
    path = posixpath.relpath(f"/{target}", f"/{directory}")
    return path if path.startswith("../") else f"./{path}"


def stubs(tree: Tree, folder: str) -> dict[str, bytes]:
    """Return the files of the stubs."""
    return {
        posixpath.join(stub_of(module, call, folder), "main.tf"): _stub(module, call)
        for module in tree.modules.values()
        for call in module.calls.values()
        if call.target is None
    }


def _stub(module: Module, call: Call) -> bytes:
    taken = sorted(name for name in call.arguments - _RESERVED if _NAME.fullmatch(name))
    given = sorted(outputs_read(module.sources, call.name))
    lines = [f'variable "{name}" {{\n  default = null\n}}\n' for name in taken]
    lines += [f'output "{name}" {{\n  value = {UNKNOWN}\n}}\n' for name in given]
    return "".join(lines).encode()


def manifest(tree: Tree, folder: str) -> bytes:
    """Return the text of `modules.json`: every call by its path, and the directory that holds its files."""
    led = redirects(tree, folder)
    entries = [{"Key": "", "Source": "", "Dir": "."}]
    for way, directory in tree.instances:
        module, moved = tree.modules[directory], led[directory]
        for call in module.calls.values():
            target = stub_of(module, call, folder) if call.target is None else call.target
            source = moved[call.name].source if call.name in moved else _written(call.source or "")
            key = ".".join([*(before.name for before in way), call.name])
            entries.append({"Key": key, "Source": source, "Dir": posixpath.relpath(f"/{target}", f"/{tree.root}")})
    return json.dumps({"Modules": entries}).encode()


def _written(source: str) -> str:
    """A local source as Terraform spells it (addrs.parseModuleSourceLocal)."""
    clean = posixpath.normpath(source.replace("\\", "/"))
    if clean == "..":
        return "../"
    return clean if clean.startswith("../") else f"./{'' if clean == '.' else clean}"


def statements(tree: Tree) -> Iterator[NotExamined]:
    """Yield what is said of every call that leads to a stub, once for each place where it is written."""
    for module in tree.modules.values():
        for call in module.calls.values():
            if call.target is None:
                source, block = call.blocks[0]
                span = source.span(block.line, block.end_line)
                why = f"module.{call.name} comes from {call.why_not}, which is not here: its resources are not planned."
                yield NotExamined(what=f"module.{call.name} in {span.path}", why=why, span=span, blocking=False)
