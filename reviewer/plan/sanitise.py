"""A configuration file loses what would reach out, run something, or refuse what is only made up.

Owns what may not stay in the copy that is planned, in HCL and in JSON syntax alike, override files included. Pure.
Lines keep their numbers, so that Terraform's messages name lines of the repository; doing it again changes nothing.

What goes: all of `terraform` but `required_providers` (backends, cloud, encryption, versions, experiments);
provisioners and connections; blocks that need a state or a real provider (`import`, `removed`, `ephemeral`, `action`);
conditions that stop a plan (`validation`, `precondition`, `postcondition`), for they would judge made-up values.
Arguments of some data sources become unknown, so that nobody makes up an answer (see `deferred`).
`jsondecode(timestamp())` stands for what is unknown because of that: in a plan it has no value and no type.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass

import tree_sitter

from reviewer.fix import hcl_tree
from reviewer.fix.hcl_tree import Attribute, Block
from reviewer.fix.json_hcl import COMMENT
from reviewer.fix.yaml_nodes import Node, Pair
from reviewer.model import NotExamined
from reviewer.plan.deferred import unknown_argument
from reviewer.plan.reading import CannotPlan, Source

UNKNOWN = "jsondecode(timestamp())"
REMOTE_STATE = "terraform_remote_state"

_TOP = frozenset({"import", "removed", "ephemeral", "action", "list"})
_OF = {
    "resource": frozenset({"provisioner", "connection"}),
    "variable": frozenset({"validation"}),
    "output": frozenset({"precondition"}),
    "lifecycle": frozenset({"precondition", "postcondition", "action_trigger"}),
}
_WITHIN = frozenset(
    {("resource", "lifecycle"), ("data", "lifecycle"), ("check", "data"), ("check", "data", "lifecycle")}
)
"""Blocks inside of others that are looked into."""
_KEPT_OF_TERRAFORM = frozenset({"required_providers"})
_KEPT_OF_REMOTE_STATE = frozenset({"backend", "count", "for_each", "depends_on", "lifecycle"})
_QUOTED_TYPES = {"string": b"string", "list": b"list(string)", "map": b"map(string)"}
"""How types of variables were written before Terraform 0.12, and what they mean."""
_LABELS = {"resource": 2, "data": 2, "provider": 1, "variable": 1, "output": 1, "module": 1, "check": 1}
_EPHEMERAL = re.compile(r"\bephemeral\.[A-Za-z_][\w-]*\.[A-Za-z_][\w-]*")
_FUNCTION = re.compile(r"\bprovider::[\w-]+::[\w-]+\s*\(")
_UNPRINTED = re.compile("[\x7f-\x9f\u2028\u2029\ufeff\ufffe\uffff]")
_UNKNOWN_CALL = f"try({UNKNOWN}, "
_TOLD = {
    "import": "It is not carried out: what it would import is planned as created.",
    "removed": "It is not carried out: what it would forget is planned as destroyed.",
    "ephemeral": "Ephemeral values are not known to the plan.",
    "action": "Actions are not planned.",
    "list": "Lists are not planned.",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Redirect:
    """Where the calls of a module lead in the copy. A stub takes no `providers`."""

    source: str  # relative, as Terraform wants it
    is_stub: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Sanitised:
    """A file as it may be planned, and what it lost that a reader would miss."""

    text: bytes
    statements: tuple[NotExamined, ...] = ()


def sanitised(source: Source, redirects: Mapping[str, Redirect] | None = None) -> Sanitised:
    """Return a file without what may not stay. `redirects`: by the name of the module call.

    Raises CannotPlan for what can neither stay nor go: a provider with `for_each`.
    """
    redirects = redirects or {}
    told = tuple(_told(source))
    if source.translated:
        tokens = (token for root in source.translated.read.documents for token in _file(root, redirects))
        return Sanitised(text=_at_their_lines(tokens), statements=told)
    edits = [*_edits(source.top, (), redirects), *_expressions(source.top.node, source.text)]
    return Sanitised(text=_spliced(source.text, edits), statements=told)


def is_dropped(where: tuple[str, ...], name: str) -> bool:
    """Tell whether a block called `name` goes, in blocks of the types `where`, outermost first."""
    if where == ("terraform",):
        return name not in _KEPT_OF_TERRAFORM
    return name in (_OF.get(where[-1], ()) if where else _TOP)


def _told(source: Source) -> Iterator[NotExamined]:
    """What is said about the blocks at the top, and about functions of providers."""
    for block in source.top.blocks:
        span = source.span(block.line, block.end_line)
        if block.type in _TOLD:
            yield NotExamined(
                what=f"{_named(block)} in {source.path}", why=_TOLD[block.type], span=span, blocking=False
            )
        if block.type == "provider" and block.attribute("for_each"):
            raise CannotPlan(f"`{span.path}` line {span.start_line}: a provider with `for_each` cannot be planned.")
    text = source.text.decode("utf-8", "replace")
    if found := _FUNCTION.search(text):
        line = text.count("\n", 0, found.start()) + 1
        name = found.group().rstrip("( \t\r\n")
        why = "Functions of providers are not run: what they give is not known to the plan."
        yield NotExamined(what=f"{name} in {source.path}", why=why, span=source.span(line, line), blocking=False)


def _named(block: Block) -> str:
    return ".".join((block.type, *block.labels))


Edit = tuple[int, int, bytes]
"""Bytes from, to, and what stands there then."""


def _edits(block: Block, where: tuple[str, ...], redirects: Mapping[str, Redirect]) -> Iterator[Edit]:
    for item in block.items:
        if isinstance(item, Attribute):
            yield from _attribute_edits(block, item, where, redirects)
        elif is_dropped(where, item.type) or (_is_remote_state(block) and item.type not in _KEPT_OF_REMOTE_STATE):
            yield item.start, item.end, b""
        elif not where or (*where, item.type) in _WITHIN:
            yield from _edits(item, (*where, item.type), redirects)


def _attribute_edits(
    block: Block, item: Attribute, where: tuple[str, ...], redirects: Mapping[str, Redirect]
) -> Iterator[Edit]:
    if where == ("terraform",):
        yield item.start, item.end, b""
    elif _is_remote_state(block):
        if item.name == "backend":
            yield item.value.start, item.value.end, b"timestamp()"
        elif item.name not in _KEPT_OF_REMOTE_STATE:
            yield item.start, item.end, b""
    elif block.type == "data" and (unknown := unknown_argument(block.labels[0] if block.labels else "", item.name)):
        yield item.value.start, item.value.end, unknown.encode()
    elif where == ("variable",) and item.name == "type" and item.value.kind == "string_lit":
        written = hcl_tree.text_of(item.value.node).strip('"')
        yield item.value.start, item.value.end, _QUOTED_TYPES.get(written, b"any")
    elif where == ("module",) and (redirect := redirects.get(block.labels[0] if block.labels else "")):
        if item.name == "source":
            yield item.value.start, item.value.end, hcl_tree.quoted(redirect.source).encode()
        elif _goes_with(item.name, redirect):
            yield item.start, item.end, b""


def _is_remote_state(block: Block) -> bool:
    return block.type == "data" and block.labels[:1] == (REMOTE_STATE,)


def _goes_with(name: str, redirect: Redirect) -> bool:
    """A local source takes no `version`, and a stub knows no providers."""
    return name == "version" or (name == "providers" and redirect.is_stub)


def _expressions(root: tree_sitter.Node, text: bytes) -> Iterator[Edit]:
    """Unknown values in the place of ephemeral resources and of functions of providers, wherever an expression is."""
    if b"ephemeral" not in text and b"provider::" not in text:
        return
    waiting = [root]
    while waiting:
        node = waiting.pop()
        waiting.extend(node.children)
        if node.type == "function_call" and node.children[0].text and node.children[0].text.startswith(b"provider::"):
            yield node.start_byte, node.children[1].end_byte, _UNKNOWN_CALL.encode()
        elif node.type == "variable_expr" and node.text == b"ephemeral" and (end := _second_step(node)):
            yield node.start_byte, end, UNKNOWN.encode()


def _second_step(node: tree_sitter.Node) -> int:
    """Where `ephemeral.TYPE.NAME` ends, or 0 when it is something else."""
    steps = 0
    while (following := node.next_sibling) is not None and following.type == "get_attr" and steps < 2:
        node, steps = following, steps + 1
    return node.end_byte if steps == 2 else 0


def _spliced(text: bytes, edits: Iterable[Edit]) -> bytes:
    """Make all edits. An edit inside of another is lost; line ends of what goes stay."""
    parts, at = [], 0
    for start, end, new in sorted(edits, key=lambda edit: (edit[0], -edit[1])):
        if start >= at:
            parts += [text[at:start], new, b"\n" * text.count(b"\n", start, end)]
            at = end
    return b"".join([*parts, text[at:]])


Token = tuple[int, str]
"""A piece of JSON and the line that it begins on; 0 for wherever the one before ended."""


def _at_their_lines(tokens: Iterable[Token]) -> bytes:
    parts, at = [], 1
    for line, text in tokens:
        parts.append("\n" * (line - at) + text)
        at = max(at, line)
    return ("".join(parts) + "\n").encode()


def _file(root: Node, redirects: Mapping[str, Redirect]) -> Iterator[Token]:
    """A whole file: an object, or an array of them."""
    yield from _bodies(root, (), (), redirects)


def _bodies(
    node: Node, where: tuple[str, ...], labels: tuple[str, ...], redirects: Mapping[str, Redirect]
) -> Iterator[Token]:
    """What stands under the name of a block: levels of labels, arrays of bodies, bodies."""
    if node.kind == "sequence":
        yield from _between(
            (node.line, "["), (_bodies(item, where, labels, redirects) for item in node.items), (0, "]")
        )
    elif node.kind != "mapping":
        yield from _value(node)
    elif where and len(labels) < _LABELS.get(where[-1], 0):
        members = (_member(p, _bodies(p.value, where, (*labels, p.key.text), redirects)) for p in node.pairs)
        yield from _between((node.line, "{"), members, (0, "}"))
    else:
        kept = [pair for pair in node.pairs if not _goes(pair.key.text, where, labels, redirects)]
        members = (_member(p, _body_value(p, where, labels, redirects)) for p in kept)
        yield from _between((node.line, "{"), members, (0, "}"))


def _goes(name: str, where: tuple[str, ...], labels: tuple[str, ...], redirects: Mapping[str, Redirect]) -> bool:
    if where[-1:] == ("data",) and labels[:1] == (REMOTE_STATE,):
        return name not in _KEPT_OF_REMOTE_STATE
    if where == ("module",) and (redirect := redirects.get(labels[0])):
        return _goes_with(name, redirect)
    return is_dropped(where, name)


def _body_value(
    pair: Pair, where: tuple[str, ...], labels: tuple[str, ...], redirects: Mapping[str, Redirect]
) -> Iterator[Token]:
    name, line = pair.key.text, pair.value.line
    if where == ("module",) and name == "source" and (redirect := redirects.get(labels[0])):
        return iter([(line, json.dumps(redirect.source))])
    if where[-1:] == ("data",) and labels[:1] == (REMOTE_STATE,) and name == "backend":
        return iter([(line, '"${timestamp()}"')])
    if where[-1:] == ("data",) and (unknown := unknown_argument(labels[0], name)):
        return iter([(line, _quoted(f"${{{unknown}}}"))])
    if (not where and name != COMMENT) or (*where, name) in _WITHIN:
        return _bodies(pair.value, (*where, name), (), redirects)
    return _value(pair.value)


def _value(node: Node) -> Iterator[Token]:
    if node.kind == "sequence":
        yield from _between((node.line, "["), (_value(item) for item in node.items), (0, "]"))
    elif node.kind == "mapping":
        yield from _between((node.line, "{"), (_member(p, _value(p.value)) for p in node.pairs), (0, "}"))
    else:
        yield node.line, _quoted(_without_providers(node.text)) if node.style else node.text


def _without_providers(text: str) -> str:
    return _FUNCTION.sub(_UNKNOWN_CALL, _EPHEMERAL.sub(UNKNOWN, text))


def _quoted(text: str) -> str:
    """A string of JSON; what cannot stand in a file as it is, is escaped."""
    return _UNPRINTED.sub(lambda odd: f"\\u{ord(odd.group()):04x}", json.dumps(text, ensure_ascii=False))


def _member(pair: Pair, value: Iterator[Token]) -> Iterator[Token]:
    yield pair.key.line, _quoted(pair.key.text) + ": "
    yield from value


def _between(opening: Token, members: Iterable[Iterator[Token]], closing: Token) -> Iterator[Token]:
    yield opening
    for number, member in enumerate(members):
        if number:
            yield 0, ", "
        yield from member
    yield closing
