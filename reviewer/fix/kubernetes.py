"""Recipes on Kubernetes manifests: which manifest a finding is about, its pod and its containers.

    at: container    every container of the manifest (init containers too, but for the rules about probes, which
                     their check does not look at); with `when`, those where it holds: there is no edit if it would
                     have to change others too, unless `name` or `contains` says that they are not meant
        pod          the spec of the pod that a Pod, Deployment, CronJob, ... makes
        template     what that spec stands in: it has the pod's own metadata
        manifest     the document, or the item of a List (this is the default)
    set, default, by, include, remove, replace    as `documents` says
    add: |           a document of its own, put after the manifest, unless the file has one of that kind and name;
                     {{name}}, {{type}}, {{namespace}}, {{address}} and {{labels}} (of the pod) are filled in

`choice.NAME` needs a value of the policy: a manifest has no variables.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import yaml

from reviewer.fix import documents, yaml_nodes, yaml_style, yaml_values
from reviewer.fix.documents import Target
from reviewer.fix.editing import CannotEdit, Edited, Files, Values
from reviewer.fix.recipes import Recipe
from reviewer.fix.yaml_merge import Path, Reader
from reviewer.fix.yaml_nodes import Node, Text
from reviewer.fix.yaml_splice import Page
from reviewer.model import Finding

RENDERED = ("helm", "kustomize")
AT = ("container", "pod", "template", "manifest")
_ONLY_MAIN = frozenset({"CKV_K8S_8", "CKV_K8S_9"})  # their checks look at no init container
_TEMPLATES: dict[str, Path] = {
    "Pod": (),
    "PodTemplate": ("template",),
    "CronJob": ("spec", "jobTemplate", "spec", "template"),
}
_KEYS = {*documents.KEYS, "by", "at", "add"}
_SAMPLE = {"name": "a", "type": "Pod", "namespace": "a", "address": "pod/a", "labels": "{}"}
_NAME = re.compile(r"[A-Za-z0-9]([A-Za-z0-9.-]{0,251}[A-Za-z0-9])?")
_DOCUMENT_START = re.compile(r"^(?:---|\.\.\.)(?=\s|$)", re.MULTILINE)


@dataclass(frozen=True, slots=True, kw_only=True)
class ManifestPlace:
    """A manifest, by what it is called: documents may come and go around it."""

    path: str
    type: str  # its kind
    name: str
    namespace: str
    ordinal: int  # among the manifests of this kind, name and namespace in the file

    @property
    def address(self) -> str:
        """Its name as kubectl takes it."""
        return f"{self.type.lower()[:60]}/{self.name[:100]}"


def locate(files: Files, finding: Finding) -> ManifestPlace:
    """Return the manifest of a finding. Raises CannotEdit where the file is not the manifest itself."""
    path = finding.block.path
    if finding.framework in RENDERED:
        raise CannotEdit(f"This is what {finding.framework.capitalize()} makes of its sources; change it in those.")
    read = _read(files, path)
    found = list(_manifests(read))
    named = [node for node in found if _is_called(node, finding.resource)] or found
    if not named:
        raise CannotEdit(f"`{path}` has no manifest.")
    node = min(named, key=lambda manifest: abs(manifest.line - finding.block.start_line))
    same = [other for other in found if _identity(other) == _identity(node)]
    kind, name, namespace = _identity(node)
    return ManifestPlace(path=path, type=kind, name=name, namespace=namespace, ordinal=same.index(node))


def matches(files: Files, place: ManifestPlace, recipe: Recipe) -> bool:
    """Return whether the recipe's `when` holds: for `at: container` at one container at least."""
    read = _read(files, place.path)
    return not recipe.when or documents.matches(_targets(read, place, recipe), recipe.when)


def edit(files: Files, place: ManifestPlace, recipe: Recipe, values: Values) -> Edited:
    """Return the file with the recipe applied to the manifest. Raises CannotEdit."""
    data = files[place.path]
    read = _read(files, place.path)
    wanted = documents.chosen(documents.templated(recipe.edit, _names(read, place)), values, _no_value)
    which, others = _meant(_targets(read, place, recipe), recipe)
    new = _applied(data, place, recipe, wanted, which)
    if _applied(data, place, recipe, wanted, others) != data:
        raise CannotEdit(f"Not all containers of {place.address} are written in a way that one edit mends.")
    if "add" in wanted:
        if not (_NAME.fullmatch(place.name) and _NAME.fullmatch(place.namespace)):
            raise CannotEdit(f"The names of {place.address} do not fit into another manifest.")
        new = _add(place, new, wanted["add"])
    return Edited(files={place.path: new} if new != data else {})


def check(recipe: Recipe) -> None:
    """Raise ValueError when the edit is not one for manifests."""
    if unknown := sorted(set(recipe.edit) - _KEYS):
        raise ValueError(f"{unknown[0]}: not an edit of Kubernetes manifests")
    documents.check(recipe)
    if recipe.edit.get("at", "manifest") not in AT:
        raise ValueError(f"at: expected one of {', '.join(AT)}")
    if "add" in recipe.edit and _added(documents.templated(recipe.edit["add"], _SAMPLE)) is None:
        raise ValueError("add: expected a manifest")


def _read(files: Files, path: str) -> Text:
    if path not in files:
        raise CannotEdit(f"`{path}` is not a file of the change.")
    if b"{{" in files[path]:
        raise CannotEdit(f"`{path}` is a template; what it makes is not in the file.")
    return yaml_nodes.read(path, files[path])


def _manifests(read: Text) -> Iterator[Node]:
    for document in read.documents:
        kind = document.get("kind")
        items = document.get("items")
        if kind is not None and kind.text.endswith("List") and items is not None and items.kind == "sequence":
            yield from (item for item in items.items if item.get("kind") is not None)
        elif kind is not None:
            yield document


def _identity(node: Node) -> tuple[str, str, str]:
    metadata = node.get("metadata")
    name, space = (yaml_values.below(node, ("metadata", key)) if metadata else [] for key in ("name", "namespace"))
    kind = node.get("kind")
    return (kind.text if kind else "", name[0].text if name else "", space[0].text if space else "default")


def _is_called(node: Node, resource: str) -> bool:
    kind, name, _ = _identity(node)
    return bool(name) and resource.startswith(f"{kind}.") and resource.endswith(f".{name}")


def _manifest(read: Text, place: ManifestPlace) -> Node:
    wanted = (place.type, place.name, place.namespace)
    same = [node for node in _manifests(read) if _identity(node) == wanted]
    if len(same) <= place.ordinal:
        raise CannotEdit(f"`{place.path}` has no {place.address}.")
    return same[place.ordinal]


def _targets(read: Text, place: ManifestPlace, recipe: Recipe) -> Sequence[Target]:
    manifest, at = _manifest(read, place), recipe.edit.get("at", "manifest")
    if at == "manifest":
        return [Target(node=manifest)]
    template = _TEMPLATES.get(place.type, ("spec", "template"))
    if at == "template":
        return [Target(node=manifest, path=template)]
    spec = (*template, "spec")
    if not yaml_values.below(manifest, spec):
        raise CannotEdit(f"{place.address} has no `{'.'.join(spec)}`.")
    if at == "pod":
        return [Target(node=manifest, path=spec)]
    return [Target(node=container) for container in _containers(manifest, spec, recipe.rule)]


def _meant(targets: Sequence[Target], recipe: Recipe) -> tuple[list[int], list[int]]:
    """Which targets are to be edited, and which are like them but for what `when` asks."""
    if recipe.edit.get("at") != "container":
        return list(range(len(targets))), []
    which = {path: values for path, values in recipe.when.items() if path == "name" or documents.asks_contents(values)}
    meant = [index for index, target in enumerate(targets) if documents.holds(target, which)]
    holding = [index for index in meant if documents.holds(targets[index], recipe.when)]
    return holding, [index for index in meant if index not in holding]


def _applied(
    data: bytes, place: ManifestPlace, recipe: Recipe, wanted: Mapping[str, Any], which: Sequence[int]
) -> bytes:
    def find(now: Text) -> Sequence[Target]:
        targets = _targets(now, place, recipe)
        return [targets[index] for index in which]

    return documents.apply(place.path, data, find, wanted, _reader)[0]


def _containers(manifest: Node, spec: Path, rule: str) -> Iterator[Node]:
    lists = ("containers",) if rule in _ONLY_MAIN else ("containers", "initContainers")
    for path in ((*spec, key) for key in lists):
        _no_alias(manifest, path)
        for listed in yaml_values.below(manifest, path):
            for item in listed.items:
                if item.kind == "alias":
                    raise CannotEdit(
                        f"The container on line {item.line} comes from the anchor `&{item.text[:60]}`"
                        f" on line {yaml_values.followed(item).line}."
                    )
                if item.kind == "mapping":
                    yield item


def _no_alias(node: Node, path: Path) -> None:
    for key in path:
        inner = node.get(key)
        if inner is None:
            return
        if inner.kind == "alias":
            target = yaml_values.followed(inner)
            raise CannotEdit(
                f"`{key}` on line {inner.line} comes from the anchor `&{inner.text[:60]}` on line {target.line}."
            )
        node = inner


def _no_value(name: str) -> Any:
    raise CannotEdit(f"The policy has no value for `{name}` yet, and a manifest has no variables.")


def _reader(_read: Text, _page: Page) -> Reader:
    """A manifest says itself what it says."""
    return Reader(is_foreign=lambda _node: False, source=lambda _node: None, change=lambda _node, _value: ())


def _names(read: Text, place: ManifestPlace) -> dict[str, str]:
    template = _TEMPLATES.get(place.type, ("spec", "template"))
    found = yaml_values.below(_manifest(read, place), (*template, "metadata", "labels"))
    labels = {pair.key.text: yaml_values.followed(pair.value).text for pair in (found[0].pairs if found else ())}
    return {
        "name": place.name,
        "type": place.type,
        "namespace": place.namespace,
        "address": place.address,
        "labels": yaml_style.flow(labels, yaml_style.Style()),
    }


def _added(text: Any) -> dict[str, Any] | None:
    try:
        made = yaml.load(text, Loader=yaml.CSafeLoader) if isinstance(text, str) else None
    except yaml.YAMLError:
        return None
    return made if isinstance(made, dict) and "kind" in made and "metadata" in made else None


def _add(place: ManifestPlace, data: bytes, text: str) -> bytes:
    read = yaml_nodes.read(place.path, data)
    made = _added(text)
    if made is None:
        raise CannotEdit(f"The names of {place.address} do not fit into another manifest.")
    metadata = made["metadata"] or {}
    wanted = (str(made["kind"]), str(metadata.get("name", "")), str(metadata.get("namespace", "default")))
    if wanted in map(_identity, _manifests(read)):
        return data
    manifest = _manifest(read, place)
    if manifest.flow or manifest not in read.documents:
        raise CannotEdit(f"`{place.path}` holds one document; another one has no place in it.")
    return read.encode(_with_document(read.text, manifest.end, text.strip("\n").split("\n")))


def _with_document(text: str, end: int, lines: Iterable[str]) -> str:
    newline = "\r\n" if "\r\n" in text else "\n"
    following = _DOCUMENT_START.search(text, text.find("\n", end)) if "\n" in text[end:] else None
    at = following.start() if following else len(text)
    before = text[:at] if text[:at].endswith("\n") else text[:at] + newline
    new = newline.join(["---", *lines])
    tail = newline if following or text.endswith("\n") else ""
    return before + new + tail + text[at:]
