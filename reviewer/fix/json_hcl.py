"""Terraform's JSON syntax becomes native HCL, with a line of the JSON for each line of the HCL.

Owns what a member of a JSON object means to Terraform: a block, its labels, an argument, a comment. What is not surely
understood is refused as a whole, and what is written is read again and must be what was meant: no text of the file can
become more than a value.

Without the provider's schema a nested object is a block where its name is none of those that providers use for maps.
"""

from __future__ import annotations

import bisect
import functools
import json
import re
from collections.abc import Iterator
from dataclasses import dataclass

from reviewer import hcl
from reviewer.fix import yaml_nodes
from reviewer.fix.editing import CannotEdit
from reviewer.fix.json_templates import expression, quoted_literal, quoted_template
from reviewer.fix.yaml_nodes import Node, Pair, Text

SUFFIXES = (".tf.json", ".tofu.json")
COMMENT = "//"
MAX_NESTED = 24
MAX_LINES = 200_000

_LABELS = {
    **{"resource": 2, "data": 2, "ephemeral": 2, "action": 2},
    **{"module": 1, "provider": 1, "variable": 1, "output": 1, "check": 1},
    **{"terraform": 0, "locals": 0, "moved": 0, "import": 0, "removed": 0},
}
_VALUES_ONLY = frozenset({"locals", "module", "output", "variable", "required_providers"})
_BLOCKS_OF = {"output": ("precondition", "postcondition"), "variable": ("validation",)}
REFERENCES = {
    "lifecycle": frozenset({"ignore_changes", "replace_triggered_by"}),
    "dynamic": frozenset({"iterator"}),
    "": frozenset({"depends_on", "provider", "providers"}),
}
"""Arguments whose texts are names of other things, not templates: in which block; "" for any at the top."""
LITERALS = frozenset({"default", "description", "type"})
"""Arguments of variables whose texts are no templates; nor are those of `source` and `version` of a module."""

_MAP_NAMES = (
    "additional_version_weights advanced_options airflow_configuration_options ami_tags annotations "
    "app_settings attribute_mapping backup_options build_environment_variables "
    "command_line_arguments connection_properties container_environment_variables custom_headers "
    "custom_properties default_arguments default_run_properties dimensions driver_opts "
    "environment_variables exclude_tags global_settings group_weights hyperparameters input_paths "
    "job_tags keepers labels limits log_opts metadata match_labels node_labels node_selector "
    "non_overridable_arguments parameter_overrides parameters principal_tags properties "
    "provider_details redis_configs request_headers request_models request_parameters request_templates "
    "requests resource_labels resource_tags response_models response_parameters response_templates "
    "runtime_environment_secrets runtime_environment_variables secure_environment_variables selector "
    "stage_variable_overrides stage_variables supported_login_providers tags tags_all tags_to_add "
    "target_tags triggers triggers_replace user_labels variable_tags variables volume_tags "
)
MAPS = frozenset(_MAP_NAMES.split())
"""Names that providers use for arguments that are maps. `environment` is not among them: it mostly is a block."""

_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_-]*")
_LABEL = re.compile(r"[A-Za-z0-9_.-]{1,255}")
_MAP_ENDINGS = ("_tags", "_labels", "_map", "_annotations", "_variables")
_WORDS = frozenset({"for", "true", "false", "null"})
_REFERENCE = re.compile(r"[A-Za-z_][A-Za-z0-9_.*-]*(?:\[(?:[0-9]+|\*|\"[A-Za-z0-9_.-]*\")\][A-Za-z0-9_.-]*){0,4}")
_TYPE = re.compile(r"[a-z][A-Za-z0-9_(){}\[\]=,\" \n]{0,2000}")


@dataclass(frozen=True, slots=True, kw_only=True)
class Translated:
    """A file of HCL, the line of the JSON that each of its lines comes from, and the object that each block comes from.

    `bodies` has one object for each top-level block, in the order of the blocks.
    """

    text: bytes
    lines: tuple[int, ...]
    read: Text
    bodies: tuple[Node, ...]

    def line(self, line: int) -> int:
        """Return the line of the JSON for a line of the HCL, both from 1."""
        return self.lines[min(max(line, 1), len(self.lines)) - 1] if self.lines else 1


@functools.lru_cache(maxsize=32)
def translate(path: str, data: bytes) -> Translated:
    """Return a file in JSON syntax as HCL. Raises CannotEdit, whose message says why it cannot be read."""
    read = _strictly_read(path, data)
    writer = _Writer(read.text)
    for root in read.documents:
        for body in _objects(root):
            for pair in body.pairs:
                writer.top(pair)
    return writer.finished(read)


def _strictly_read(path: str, data: bytes) -> Text:
    read = yaml_nodes.read(path, data)
    try:
        json.loads(read.text, parse_constant=_no_number)
    except (ValueError, RecursionError):
        raise CannotEdit(f"`{path}` is not JSON.") from None
    return read


def _no_number(text: str) -> None:
    raise ValueError(f"{text} is no number of JSON")


def _objects(node: Node) -> Iterator[Node]:
    """An object, or the objects of an array of them. Raises CannotEdit for anything else."""
    for item in node.items if node.kind == "sequence" else (node,):
        if item.kind != "mapping":
            raise CannotEdit(f"Line {item.line}: there must be an object here.")
        yield item


def value_of(node: Node) -> object:
    """Return what a scalar of JSON stands for."""
    return node.text if node.style else json.loads(node.text)


def kind_of(name: str, where: tuple[str, ...]) -> str:
    """Return how texts of an argument are read: as a template, a literal, a type, or the name of something else."""
    if where == ("variable",) and name in LITERALS:
        return "type" if name == "type" else "literal"
    if where == ("module",) and name in ("source", "version"):
        return "literal"
    names = REFERENCES.get("" if len(where) == 1 else where[-1], frozenset())
    return "reference" if name in names else "template"


def _has_label(name: str, where: tuple[str, ...]) -> bool:
    return name == "dynamic" or (name, where) in (("provisioner", ("resource",)), ("backend", ("terraform",)))


class _Writer:
    """Lines of HCL, one after the other, and what must be found in them when they are read again."""

    def __init__(self, source: str) -> None:
        self._out: list[str] = []
        self._lines: list[int] = []
        self._expected: dict[int, tuple[object, ...]] = {}
        self._bodies: list[Node] = []
        self._type = ""  # of the resource that is being written
        self._starts = [at for at, char in enumerate(source) if char == "\n"]

    def finished(self, read: Text) -> Translated:
        """Return the file. Raises CannotEdit when it does not read as what was meant."""
        text = "".join(line + "\n" for line in self._out).encode("utf-8", "surrogatepass")
        body = hcl.parse(text)
        if body.errors:
            raise CannotEdit(f"Line {self._lines[min(body.errors[0], len(self._lines)) - 1]} cannot be translated.")
        found: dict[int, tuple[object, ...]] = {}
        waiting = [body]
        while waiting:
            here = waiting.pop()
            found |= {item.start_line: (item.name,) for item in here.attributes}
            found |= {block.start_line: (block.type, block.labels, block.end_line) for block in here.blocks}
            waiting.extend(block.body for block in here.blocks)
        if found != self._expected:
            raise CannotEdit("A text in it would be more than a value when it is translated.")
        return Translated(text=text, lines=tuple(self._lines), read=read, bodies=tuple(self._bodies))

    def top(self, pair: Pair) -> None:
        """Write what one member of the file's object stands for."""
        type_ = pair.key.text
        if type_ == COMMENT:
            return
        if type_ not in _LABELS:
            raise CannotEdit(f"Line {pair.key.line}: `{type_[:60]}` is no block of Terraform.")
        for labels, line, body in _labelled(pair.value, _LABELS[type_], (), pair.key.line):
            self._bodies.append(body)
            self._type = labels[0] if labels else ""
            self._block(type_, labels, line, body, (type_,))

    def _line(self, text: str, line: int) -> None:
        for part in text.split("\n"):
            if len(self._out) >= MAX_LINES:
                raise CannotEdit("It is too long to be translated.")
            self._out.append(part)
            self._lines.append(line)

    def _block(self, type_: str, labels: tuple[str, ...], line: int, body: Node, where: tuple[str, ...]) -> None:
        if len(where) > MAX_NESTED:
            raise CannotEdit(f"Line {line}: it is nested too deeply to be translated.")
        margin = "  " * (len(where) - 1)
        names = "".join(f' "{_checked(_LABEL, label, line)}"' for label in labels)
        self._line(f"{margin}{_checked(_NAME, type_, line)}{names} {{", line)
        start = len(self._out)
        seen: set[str] = set()
        for pair in body.pairs:
            self._member(pair, where, seen)
        self._line(f"{margin}}}", self._end(body))
        self._expected[start] = (type_, labels, len(self._out))

    def _member(self, pair: Pair, where: tuple[str, ...], seen: set[str]) -> None:
        name, value, margin = pair.key.text, pair.value, "  " * len(where)
        if name == COMMENT:
            if value.style and value.text.isprintable():
                self._line(f"{margin}# {value.text}", pair.key.line)
        elif not self._is_block(name, value, where):
            if name in seen:
                raise CannotEdit(f"Line {pair.key.line}: `{name[:60]}` is there twice.")
            seen.add(name)
            self._attribute(name, pair, where)
        elif _has_label(name, where):
            for labels, line, body in _labelled(value, 1, (), pair.key.line):
                self._block(name, labels, line, body, (*where, name))
        else:
            for body in _objects(value):
                line = pair.key.line if value.kind == "mapping" else body.line
                self._block(name, (), line, body, (*where, name))

    def _is_block(self, name: str, value: Node, where: tuple[str, ...]) -> bool:
        inner = value.items if value.kind == "sequence" else (value,)
        if not inner or any(item.kind != "mapping" for item in inner):
            return False
        if where[-1] in _VALUES_ONLY and (len(where) == 1 or where[0] == "terraform"):
            return name in _BLOCKS_OF.get(where[-1], ())
        if (
            (name in MAPS or name.endswith(_MAP_ENDINGS))
            and value.kind == "mapping"
            and not self._is_named_value(value)
        ):
            return name == "metadata" and self._type.startswith("kubernetes_")
        return all(_NAME.fullmatch(pair.key.text) or pair.key.text == COMMENT for item in inner for pair in item.pairs)

    @staticmethod
    def _is_named_value(node: Node) -> bool:
        """Whether an object is one of many `{name, value}`, not a map."""
        return {"name", "value"} <= {pair.key.text for pair in node.pairs}

    def _attribute(self, name: str, pair: Pair, where: tuple[str, ...]) -> None:
        margin = "  " * len(where)
        kind = kind_of(name, where)
        start = len(self._out) + 1
        head = f"{margin}{_checked(_NAME, name, pair.key.line)} = "
        self._value(head, pair.value, "", (margin, kind, len(where)), line=pair.key.line)
        self._expected[start] = (name,)

    def _value(self, head: str, node: Node, tail: str, how: tuple[str, str, int], *, line: int) -> None:
        margin, kind, depth = how
        if depth > MAX_NESTED:
            raise CannotEdit(f"Line {node.line}: it is nested too deeply to be translated.")
        inner = (margin + "  ", kind, depth + 1)
        if node.kind == "sequence" and node.items:
            self._line(f"{head}[", line)
            for item in node.items:
                self._value(inner[0], item, ",", inner, line=item.line)
            self._line(f"{margin}]{tail}", self._end(node))
        elif node.kind == "mapping" and node.pairs:
            self._line(f"{head}{{", line)
            for pair in node.pairs:
                self._value(f"{inner[0]}{_key(pair.key.text, kind)} = ", pair.value, "", inner, line=pair.key.line)
            self._line(f"{margin}}}{tail}", self._end(node))
        else:
            empty = {"sequence": "[]", "mapping": "{}"}
            self._line(head + (empty.get(node.kind) or _scalar(node, kind, is_whole=not tail)) + tail, line)

    def _end(self, node: Node) -> int:
        return bisect.bisect_left(self._starts, max(node.end - 1, node.start)) + 1


def _labelled(
    node: Node, count: int, labels: tuple[str, ...], line: int
) -> Iterator[tuple[tuple[str, ...], int, Node]]:
    """The bodies below `count` more levels of names, each with its labels and the line where it begins."""
    for item in _objects(node):
        if not count:
            yield labels, line if node.kind == "mapping" else item.line, item
            continue
        for pair in item.pairs:
            if pair.key.text != COMMENT:
                yield from _labelled(pair.value, count - 1, (*labels, pair.key.text), pair.key.line)


def _key(text: str, kind: str) -> str:
    if _NAME.fullmatch(text) and text not in _WORDS:
        return text
    return quoted_literal(text) if kind in ("literal", "type") else quoted_template(text)


def _scalar(node: Node, kind: str, *, is_whole: bool) -> str:
    if not node.style:
        return node.text
    text = node.text
    if (kind == "reference" and _REFERENCE.fullmatch(text)) or (kind == "type" and _TYPE.fullmatch(text)):
        return text
    if kind in ("literal", "type", "reference"):
        return quoted_literal(text)
    if raw := expression(text):
        return raw
    if is_whole and text.lstrip()[:1] in ("{", "[") and '"' in text and "\\" not in text and "EOF" not in text:
        return f"<<EOF\n{text}\nEOF"
    return quoted_template(text)


def _checked(form: re.Pattern[str], text: str, line: int) -> str:
    if not form.fullmatch(text):
        raise CannotEdit(f"Line {line}: `{text[:60]}` is no name.")
    return text
