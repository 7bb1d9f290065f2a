"""Resources in one shape, whatever they are written in: what a rule about a concept is written against.

Owns how a resource of Terraform, CloudFormation, SAM or Kubernetes is read out of the files of a directory. A form more
is an adapter more. What a value depends on is kept as UNKNOWN: a rule that is not sure stays silent. Knows no rule.
"""

from __future__ import annotations

import enum
import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from functools import cached_property

from reviewer.model import Span
from reviewer.rules.documents import Kind, Value, read_json, read_yaml
from reviewer.rules.rule import Directory, Hit
from reviewer.rules.terraform import read_blocks, read_locals, resolve
from reviewer.rules.terraform_kubernetes import manifest

MAX_DEPTH = 40
Resolve = Callable[[Value], Value]


class Form(enum.StrEnum):
    """What a resource is written in; the names are those of `Finding.framework`."""

    TERRAFORM = "terraform"
    CLOUDFORMATION = "cloudformation"
    KUBERNETES = "kubernetes"


@dataclass(frozen=True, slots=True, kw_only=True)
class Resource:
    """One resource. `value` holds its attributes (properties), blocks being lists of maps as in Terraform's plan."""

    form: Form
    type: str  # aws_s3_bucket, AWS::S3::Bucket, Deployment
    address: str  # aws_s3_bucket.site, the logical id, Deployment.default.web
    path: str
    value: Value
    data: bool = False  # a data source
    block: Span

    def get(self, path: str) -> Value | None:
        """Return what stands at `a.b.c`, the first item of every list on the way; None where nothing does."""
        return next(iter(self.all(path)), None)

    def all(self, path: str) -> tuple[Value, ...]:
        """Return everything that stands at `a.b.c`, through all items of the lists on the way."""
        found: list[Value] = [self.value]
        for name in path.split("."):
            found = [inner for value in found for item in value.items() if (inner := item.get(name)) is not None]
        return tuple(found)

    def maps(self, path: str) -> tuple[Value, ...]:
        """Return the blocks (maps) at `a.b.c` one by one; what is not known is left out."""
        items = (item for value in self.all(path) for item in value.items())
        return tuple(item for item in items if item.kind is Kind.MAP and not is_function(item))

    def text(self, path: str) -> str | None:
        """Return the plain text, number or bool at `a.b.c`; None where nothing is or it is not known."""
        return plain(self.get(path))

    def is_true(self, path: str) -> bool:
        """Whether `true` stands at `a.b.c`."""
        return is_true(self.get(path))

    def is_off(self, path: str) -> bool:
        """Whether it is surely not switched on: `false`, or nothing at all, stands at `a.b.c`."""
        return self.lacks(path) or is_false(self.get(path))

    def lacks(self, path: str) -> bool:
        """Whether surely nothing stands at `a.b.c`: what is not known on the way may hold it."""
        found: list[Value] = [self.value]
        for name in path.split("."):
            items = [item for value in found for item in value.items() if not is_null(item)]
            if any(item.kind in (Kind.UNKNOWN, Kind.TEMPLATE) or is_function(item) for item in items):
                return False
            found = [inner for value in found for item in value.items() if (inner := item.get(name)) is not None]
            if not found:
                return True
        return all(value.kind is Kind.LIST and not value.entries for value in found) or all(map(is_null, found))

    def hit(self, message: str, at: Value | None = None) -> Hit:
        """Return a hit on this resource, on the lines of `at` (None: its first line)."""
        line, end = (at.line, max(at.line, at.end_line)) if at else (self.block.start_line, self.block.start_line)
        if not self.block.start_line <= line <= end <= self.block.end_line:  # `at` is written elsewhere
            line = end = self.block.start_line
        span = Span(path=self.path, start_line=line, end_line=end)
        return Hit(span=span, block=self.block, resource=self.address, message=message, framework=str(self.form))


@dataclass(frozen=True, kw_only=True)
class View:
    """The resources of a directory (a template, a plan), and how they refer to each other."""

    resources: tuple[Resource, ...] = ()
    known: Mapping[str, frozenset[str]] | None = None  # address -> addresses it refers to, where that is told
    kept: dict[str, object] = field(default_factory=dict, repr=False, compare=False)  # what readers read once for all
    _mentions: dict[str, frozenset[str]] = field(default_factory=dict, repr=False, compare=False)

    @cached_property
    def types(self) -> Mapping[str, tuple[Resource, ...]]:
        """The resources by type, data sources left out."""
        found: dict[str, list[Resource]] = {}
        for resource in self.resources:
            if not resource.data:
                found.setdefault(resource.type, []).append(resource)
        return {type_: tuple(resources) for type_, resources in found.items()}

    def of(self, *types: str) -> tuple[Resource, ...]:
        """Return the resources of these types, in the order of the types."""
        return tuple(resource for type_ in types for resource in self.types.get(type_, ()))

    def refers(self, resource: Resource, to: Resource) -> bool:
        """Whether anything in one resource mentions the other."""
        if self.known is not None:
            return to.address in self.known.get(resource.address, ())
        place = f"{resource.path}:{resource.address}"
        if place not in self._mentions:
            self._mentions[place] = frozenset(mentioned(resource))
        return to.address in self._mentions[place] and is_beside(resource, to)

    def referring(self, to: Resource, *types: str) -> tuple[Resource, ...]:
        """Return the resources of these types that refer to one."""
        return tuple(resource for resource in self.of(*types) if self.refers(resource, to))


_ADDRESS = re.compile(r"(?<![\w.])(?:data\.)?[a-z][a-z0-9]*_\w+\.[\w-]+")
_SUBSTITUTED = re.compile(r"\$\{([A-Za-z0-9]+)")


def mentioned(resource: Resource) -> Iterator[str]:
    """Yield the addresses (logical ids) that a resource mentions."""
    for value in resource.value.walk():
        if resource.form is Form.TERRAFORM and value.kind in (Kind.UNKNOWN, Kind.TEMPLATE):
            yield from _ADDRESS.findall(value.text)
        elif resource.form is Form.CLOUDFORMATION and value.kind is Kind.MAP:
            if target := value.get("Ref", "Fn::GetAtt"):
                yield from (item.text.partition(".")[0] for item in target.items()[:1])
        elif resource.form is Form.CLOUDFORMATION and value.kind is Kind.TEXT:
            yield from _SUBSTITUTED.findall(value.text)


def is_beside(one: Resource, other: Resource) -> bool:
    """Whether two resources can mean each other by name: in one root of Terraform, or in one template."""
    return one.form is other.form and (one.form is not Form.CLOUDFORMATION or one.path == other.path)


def plain(value: Value | None) -> str | None:
    """Return a text, number or bool as text; None for anything else."""
    if value is None:
        return None
    if value.kind is Kind.TEXT:
        return value.text
    return value.text if value.kind is Kind.UNKNOWN and _PLAIN.fullmatch(value.text) else None


_PLAIN = re.compile(r"true|false|-?[0-9][0-9_.eE+-]*")


def is_true(value: Value | None) -> bool:
    """Whether a value is surely true."""
    return (plain(value) or "").lower() == "true"


def is_false(value: Value | None) -> bool:
    """Whether a value is surely false."""
    return (plain(value) or "").lower() == "false"


def is_null(value: Value) -> bool:
    """Whether a value is Terraform's null, or CloudFormation's AWS::NoValue."""
    reference = value.get("Ref")
    return (value.kind is Kind.UNKNOWN and value.text == "null") or (
        reference is not None and reference.text == "AWS::NoValue"
    )


def is_function(value: Value) -> bool:
    """Whether a value is one of CloudFormation's functions (`Ref`, `Fn::If`): what it gives is not known."""
    return value.kind is Kind.MAP and len(value.entries) == 1 and _FUNCTION.match(value.entries[0][0]) is not None


_FUNCTION = re.compile(r"^(?:Ref$|Fn::)")


def is_known(value: Value | None) -> bool:
    """Whether a value, and everything in it, is written down."""
    return value is not None and not any(
        inner.kind is Kind.TEMPLATE
        or (inner.kind is Kind.UNKNOWN and plain(inner) is None and not is_null(inner))
        or (is_function(inner) and not is_null(inner))
        for inner in value.walk()
    )


def is_computed(value: Value) -> bool:
    """Whether a value is an expression of Terraform; JSON syntax has those in texts."""
    if value.kind in (Kind.TEXT, Kind.TEMPLATE):
        return value.kind is Kind.TEMPLATE or "${" in value.text
    return value.kind is Kind.UNKNOWN and plain(value) is None and not is_null(value)


def is_empty(value: Value | None) -> bool:
    """Whether a value is surely not given: it is not there, null, or an empty text."""
    return value is None or is_null(value) or plain(value) == ""


def is_unset(value: Value | None) -> bool:
    """Whether a switch is surely not on: it is not given, or false."""
    return is_empty(value) or is_false(value)


def texts(value: Value | None) -> tuple[str, ...]:
    """Return the plain texts of a list, or of the one value that stands for it; what is not known is left out."""
    return tuple(text for item in (value.items() if value else ()) if (text := plain(item)) is not None)


def read_view(directory: Directory) -> View:
    """Return the resources of a directory; read once, however many rules ask."""
    kept = directory.kept.get("view")
    if isinstance(kept, View):
        return kept
    view = View(resources=(*with_manifests(_terraform(directory)), *_documents(directory)))
    directory.kept["view"] = view
    return view


def with_manifests(resources: Iterable[Resource]) -> Iterator[Resource]:
    """Yield the resources, and those of Terraform's Kubernetes provider once more in the shape of manifests."""
    for resource in resources:
        yield resource
        if not resource.data and (shaped := manifest(resource.type, resource.value)):
            kind, value = shaped
            yield replace(resource, type=kind, value=value)


def on_resources(concept: Callable[[View], Iterable[Hit]]) -> Callable[[Directory], Iterable[Hit]]:
    """Return the check of a directory that holds `concept` against its resources."""
    return lambda directory: concept(read_view(directory))


def _terraform(directory: Directory) -> Iterator[Resource]:
    blocks = read_blocks(directory)
    locals_ = read_locals(blocks)
    for block in blocks:
        count = block.value.get("count")
        if count is not None and plain(resolve(count, locals_)) == "0":
            continue
        if block.type in ("resource", "data") and len(block.labels) == 2:
            yield Resource(
                form=Form.TERRAFORM,
                type=block.labels[0],
                address=block.address,
                path=block.path,
                value=_resolved(block.value, lambda value: resolve(value, locals_)),
                data=block.type == "data",
                block=block.span,
            )


def _resolved(value: Value, follow: Resolve, depth: int = MAX_DEPTH) -> Value:
    """Return `value` with what it refers to put in its place; the lines stay those where it is used."""
    found = follow(value)
    if found is not value:
        found = replace(found, line=value.line, end_line=value.end_line)
    if depth <= 0 or not found.entries:
        return found
    entries = tuple((name, _resolved(entry, follow, depth - 1)) for name, entry in found.entries)
    return (
        found
        if all(a is b for (_, a), (_, b) in zip(entries, found.entries, strict=True))
        else replace(found, entries=entries)
    )


def read_documents(directory: Directory) -> tuple[tuple[str, Value], ...]:
    """Return the templates and manifests of a directory, each with its path; read once, however many rules ask."""
    kept = directory.kept.get("documents")
    if not isinstance(kept, tuple):
        kept = directory.kept["documents"] = tuple(_read_documents(directory))
    return kept


def _read_documents(directory: Directory) -> Iterator[tuple[str, Value]]:
    for path in directory.named(".json", ".yml", ".yaml", ".template"):
        if path.lower().endswith((".tf.json", ".tofu.json")):
            continue
        source = directory.files[path]
        if b"Resources" not in source and b"apiVersion" not in source:
            continue
        document = read_json(source)
        yield from ((path, found) for found in ((document,) if document else read_yaml(source)))


def _documents(directory: Directory) -> Iterator[Resource]:
    for path, document in read_documents(directory):
        yield from _template(path, document)
        yield from _manifests(path, document)


def _template(path: str, document: Value) -> Iterator[Resource]:
    """Yield the resources of a CloudFormation template; what parameters default to stands in their place."""
    resources, parameters = document.get("Resources"), document.get("Parameters")
    given = {name: default for name, of in (parameters.entries if parameters else ()) if (default := of.get("Default"))}
    shared = document.get("Globals")
    for name, written in resources.entries if resources and resources.kind is Kind.MAP else ():
        type_ = plain(written.get("Type"))
        if type_ and "::" in type_:
            properties = written.get("Properties")
            if properties is None or is_null(properties):
                properties = replace(written, kind=Kind.MAP, text="", entries=())
            globals_ = shared.get(type_.rpartition("::")[2]) if shared and "Serverless" in type_ else None
            yield Resource(
                form=Form.CLOUDFORMATION,
                type=type_,
                address=name,
                path=path,
                value=_resolved(_over(properties, globals_), lambda value: _parameter(value, given)),
                block=Span(path=path, start_line=written.line, end_line=max(written.line, written.end_line)),
            )


def _over(properties: Value, globals_: Value | None) -> Value:
    """SAM's Globals stand where a function says nothing itself."""
    if globals_ is None:
        return properties
    names = {name for name, _ in properties.entries}
    return replace(
        properties, entries=(*properties.entries, *(entry for entry in globals_.entries if entry[0] not in names))
    )


def _parameter(value: Value, given: Mapping[str, Value]) -> Value:
    reference = value.get("Ref") if len(value.entries) == 1 else None
    return given.get(reference.text, value) if reference is not None else value


def _manifests(path: str, document: Value) -> Iterator[Resource]:
    """Yield the objects of a Kubernetes manifest, those of a List one by one."""
    kind = plain(document.get("kind"))
    if kind is None or document.get("apiVersion") is None:
        return
    items = document.get("items")
    if kind.endswith("List") and items is not None and items.kind is Kind.LIST:
        for item in items.items():
            yield from _manifests(path, item)
        return
    metadata = document.get("metadata")
    name, namespace = (plain(metadata.get(key)) if metadata else None for key in ("name", "namespace"))
    yield Resource(
        form=Form.KUBERNETES,
        type=kind,
        address=f"{kind}.{namespace or 'default'}.{name or '?'}",
        path=path,
        value=document,
        block=Span(path=path, start_line=document.line, end_line=max(document.line, document.end_line)),
    )


def hits(view: View, types: Iterable[str], message: str, path: str) -> Iterator[Hit]:
    """Yield a hit for each resource of `types` in which `path` is surely not switched on. `{}` is its address."""
    for resource in view.of(*types):
        if resource.is_off(path):
            yield resource.hit(message.format(resource.address), resource.get(path))
