"""A record of Checkov becomes a finding: real file names, the line that offends, the module call it comes through.

Runs in the contained child. The severity it sets is a placeholder: the worker sets the real one, from its own table.
"""

from __future__ import annotations

import ast
import dataclasses
import functools
import inspect
import re
import sys
from collections.abc import Iterable, Iterator
from typing import Any

from reviewer import hcl
from reviewer.model import Finding, Severity, Span, fingerprint
from reviewer.scan import checkov_runners, evidence, messages, module_calls, narrow, yaml_tree
from reviewer.scan.results import MAX_FINDINGS
from reviewer.scan.tree import Tree

MAX_TITLE, MAX_MESSAGE = 300, 4000
MOST_FINDINGS = MAX_FINDINGS - 1
_PRAGMA = re.compile(r"pragma: ?(?:allow|white)list[ -]secret")
_PRAGMA_ABOVE = re.compile(r"pragma: ?allowlist[ -]nextline[ -]secret")


def findings(framework: str, records: Iterable[Any], files: Tree) -> tuple[Finding, ...]:
    """Return what the failed and skipped records say, once each, in the order of place and rule.

    Records about files that are not of the unit are left out.
    """
    found: dict[Finding, None] = {}
    for record in records:
        finding = _finding(framework, record, files)
        if finding:
            found[finding] = None
    ordered = sorted(found, key=lambda f: (f.span, f.rule, f.resource, f.evidence))
    return tuple(ordered[:MOST_FINDINGS])


def identity(framework: str, record: Any, files: Tree) -> tuple[str, str, str] | None:
    """Return rule, path and resource of a record as its finding has them, None if it is about no file of the unit."""
    path = _path(framework, record, files)
    if path is None:
        return None
    return (str(record.check_id)[:100], files.names[path], _resource(framework, record, path, files))


def _path(framework: str, record: Any, files: Tree) -> str | None:
    path = files.relative(str(record.file_abs_path)) or files.relative(str(record.file_path))
    if path is None and framework in checkov_runners.RENDERED:
        return next((p for p in files.paths if p.endswith(("Chart.yaml", "kustomization.yaml"))), files.paths[0])
    return path


def _finding(framework: str, record: Any, files: Tree) -> Finding | None:
    path = _path(framework, record, files)
    if path is None:
        return None
    block = _block(framework, record, path, files)
    place = _sharpened(_place(framework, record, path, block, files), str(record.check_name), path, files)
    span = files.span(path, place.start_line, place.end_line)
    text = _text(framework, place, span, path, files)
    resource = _resource(framework, record, path, files)
    secret = framework == "secrets"
    shown = evidence.mask_all(text) if secret else evidence.fold(text)
    skipped = record.check_result.get("suppress_comment") if is_skipped(record) else None
    if secret and skipped is None:
        skipped = _pragma(path, span.start_line, files)
    return Finding(
        rule=str(record.check_id)[:100],
        title=_clip(str(record.check_name), MAX_TITLE),
        severity=Severity.MEDIUM,
        span=span,
        block=block,
        resource=resource,
        message=_clip(_message(framework, record, resource, place, shown), MAX_MESSAGE),
        scanner="checkov",
        root=files.directory if framework == "terraform" else "",
        framework=framework,
        evidence=shown,
        guideline=_guideline(record),
        caller=_caller(record, place, files) if framework == "terraform" else None,
        skip_reason=None if skipped is None else _clip(str(skipped), MAX_TITLE).strip(),
    )


def _text(framework: str, place: narrow.Place, span: Span, path: str, files: Tree) -> str:
    """The offending code; of an attribute of HCL without comments and alignment."""
    found = place.attribute
    if framework != "terraform" or found is None or found.text[:2] in ("{", "[", "<<"):
        return files.text(path, span.start_line, span.end_line)
    if (found.start_line, found.end_line) == (span.start_line, span.end_line):
        return f"{found.name} = {found.text}"
    return files.text(path, span.start_line, span.end_line)


def _pragma(path: str, line: int, files: Tree) -> str | None:
    """The comment by which detect-secrets is told to let a secret pass, on its line or on the one before."""
    said = _PRAGMA.search(files.text(path, line, line)) or _PRAGMA_ABOVE.search(files.text(path, line - 1, line - 1))
    return said[0] if said else None


def is_skipped(record: Any) -> bool:
    """Tell whether a comment in the code mutes what the record says."""
    return bool(record.check_result.get("result") and record.check_result["result"].name == "SKIPPED")


def _block(framework: str, record: Any, path: str, files: Tree) -> Span:
    """The lines that Checkov names, mended where it is known to be off."""
    start, end = (int(line or 0) for line in list(record.file_line_range or [1, 1])[:2])
    if framework == "secrets":
        return files.span(path, start, start)
    if framework == "terraform" and (inner := _hcl_block(path, start, files)):
        return files.span(path, inner.start_line, inner.end_line)
    return files.span(path, start, end)


def _hcl_block(path: str, line: int, files: Tree) -> hcl.Block | None:
    """The top-level block at a line (Checkov's first line is that of `resource ...`)."""
    return files.block_at(path, line)


def _place(framework: str, record: Any, path: str, block: Span, files: Tree) -> narrow.Place:
    keys = [str(key) for key in record.check_result.get("evaluated_keys") or ()]
    names = _names_in_code(str(record.check_class))
    whole = narrow.Place(start_line=block.start_line, end_line=block.end_line)
    first = narrow.Place(start_line=block.start_line, end_line=block.start_line)
    if framework == "github_actions" and _is_workflow(record):
        return _by_text(["permissions"], files.span(path, 1, len(files.lines(path))), path, files) or narrow.Place(
            start_line=1, end_line=1
        )
    if framework in ("secrets", "dockerfile"):
        return first if framework == "dockerfile" and not _instruction(record) else whole
    if framework == "terraform":
        found = _hcl_block(path, block.start_line, files)
        return narrow.in_block(found, keys, names) if found else whole
    if path.endswith((".yaml", ".yml", ".json", ".template")):
        tree = _document_at(path, block, files)
        return narrow.in_attribute(tree, keys, names) if tree else whole
    return _by_text(keys, block, path, files) or first


def _instruction(record: Any) -> bool:
    """Tell whether a Dockerfile record is about an instruction; the others are about one that is missing."""
    return str(record.resource).rpartition(".")[2].isupper()


def _sharpened(place: narrow.Place, title: str, path: str, files: Tree) -> narrow.Place:
    """Of many lines, the first that holds what the title speaks of: a secret, the whole internet."""
    lines = range(place.start_line, place.end_line + 1)
    found = None
    structure = place.attribute is not None and narrow.is_structure(place.attribute)
    if len(lines) > 1 and structure and "0.0.0.0" in title:  # noqa: S104 (no address to bind to)
        found = next((n for n in lines if narrow.OPEN_TO_ALL.search(files.text(path, n, n))), None)
    elif len(lines) > narrow.MAX_BLOCK_LINES and "secret" in title.lower():
        found = next((n for n in lines if evidence.mask(files.text(path, n, n)) != files.text(path, n, n)), None)
    if found is None:
        return _without_brace(place, path, files)
    return dataclasses.replace(place, start_line=found, end_line=found)


def _without_brace(place: narrow.Place, path: str, files: Tree) -> narrow.Place:
    """A line of JSON that only opens an object says nothing: then the next one."""
    line = place.start_line
    if line == place.end_line and files.text(path, line, line).strip() in ("{", "[") and line < len(files.lines(path)):
        return dataclasses.replace(place, start_line=line + 1, end_line=line + 1)
    return place


def _document_at(path: str, block: Span, files: Tree) -> hcl.Attribute | None:
    """The part of a YAML or JSON file that a block of lines is: the smallest that starts and ends nearest to it."""
    best: tuple[int, hcl.Attribute] | None = None
    waiting = list(_documents(path, files))
    while waiting:
        node = waiting.pop()
        distance = abs(node.start_line - block.start_line) + abs(node.end_line - block.end_line)
        if node.members and (best is None or distance <= best[0]):
            best = (distance, node)
        if node.start_line <= block.end_line and node.end_line >= block.start_line:
            waiting.extend(node.members)
    return best[1] if best and best[0] <= 4 else None


def _documents(path: str, files: Tree) -> tuple[hcl.Attribute, ...]:
    return _parsed_documents("\n".join(files.lines(path)))


@functools.lru_cache(maxsize=64)
def _parsed_documents(text: str) -> tuple[hcl.Attribute, ...]:
    return yaml_tree.documents(text)


def _by_text(keys: list[str], block: Span, path: str, files: Tree) -> narrow.Place | None:
    """The one line of the block that begins with the last name of a key, for languages that we have no tree of."""
    for key in keys:
        name = re.sub(r"[\[\]\d]", "", key).rstrip("/").rpartition("/")[2]
        pattern = re.compile(rf"""^\s*["']?{re.escape(name)}["']?\s*[:=]""")
        lines = [n for n in range(block.start_line, block.end_line + 1) if pattern.match(files.text(path, n, n))]
        if name and len(lines) == 1:
            line = lines[0]
            found = hcl.Attribute(name=name, text=files.text(path, line, line), start_line=line, end_line=line)
            return narrow.Place(start_line=line, end_line=line, key=name, attribute=found)
    return None


def _resource(framework: str, record: Any, path: str, files: Tree) -> str:
    resource = str(record.resource)
    if framework == "secrets":
        # The scanner's own name for it is a plain hash of the secret: enough to guess short ones from.
        return f"{record.check_name} {fingerprint(files.names[path], str(record.check_id), resource)[:8]}"
    if framework == "terraform":
        resource = resource.replace(str(files.root), "")
        return _clip(_with_data(resource, _hcl_block(path, _first_line(record), files)), 1000)
    if framework == "github_actions" and _is_workflow(record):
        return files.names[path].rpartition("/")[2]  # Checkov's name for a workflow as a whole
    if framework in ("dockerfile", "github_actions", "openapi"):
        for prefix in (str(files.root / path), f"/{path}", path):
            resource = resource.removeprefix(prefix)
        resource = resource.lstrip(".") or files.names[path].rpartition("/")[2]
    return _clip(resource.replace(str(files.root), ""), 1000)


def _is_workflow(record: Any) -> bool:
    """Tell whether a record is about a workflow as a whole, for which Checkov has the name `on(JOB)`."""
    return str(record.resource).startswith("on(")


def _first_line(record: Any) -> int:
    return int((record.file_line_range or [1])[0] or 1)


def _with_data(address: str, block: hcl.Block | None) -> str:
    """Checkov leaves `data.` out of the addresses of data sources."""
    if block is None or block.type != "data" or len(block.labels) < 2:
        return address
    name = ".".join(block.labels[:2])
    before, found, after = address.rpartition(name)
    if not found or (before and not before.endswith(".")) or before.endswith("data.") or after[:1] not in ("", "["):
        return address
    return f"{before}data.{name}{after}"


def _caller(record: Any, place: narrow.Place, files: Tree) -> Span | None:
    modules = module_calls.modules_of(str(record.resource))
    if not modules:
        return None
    names = _variables(place.attribute.text) if place.attribute and not place.guessed else ()
    found = module_calls.trace(files, modules, names)
    if found:
        return files.span(*found)
    if record.caller_file_path and (calling := files.relative(str(record.caller_file_path))):
        start, end = record.caller_file_line_range or (1, 1)
        return files.span(calling, int(start), int(end))
    return None


def _variables(text: str) -> tuple[str, ...]:
    return tuple(dict.fromkeys(re.findall(r"\bvar\.([A-Za-z_][\w-]*)", text)))


def _message(framework: str, record: Any, resource: str, place: narrow.Place, shown: str) -> str:
    if framework == "secrets":
        return messages.about_secret(record, place.start_line)
    if framework == "dockerfile":
        return messages.about_instruction(shown) if _instruction(record) else ""
    if framework == "github_actions" and _is_workflow(record):
        return messages.about_workflow(shown if place.key else "")
    return messages.about_code(record, resource, place, shown)


def _clip(text: str, most: int) -> str:
    text = text.encode("utf-8", "replace").decode()  # an escape in JSON can be half a character
    return text if len(text) <= most else text[: most - 1] + "…"


def _guideline(record: Any) -> str | None:
    """The vendor's page when Checkov has it, else the check's own source, which says exactly what is looked at."""
    link = str(record.guideline or "")
    if link.startswith("https://"):
        return link
    module = str(record.check_class)
    if module.startswith("checkov.") and not module.startswith("checkov.common.graph"):
        return f"{checkov_runners.SOURCES}/{checkov_runners.version()}/{module.replace('.', '/')}.py"
    return checkov_runners.graph_check_source(str(record.check_id))


@functools.cache
def _names_in_code(module: str) -> tuple[str, ...]:
    """The names of attributes that a check's code mentions, in its order."""
    loaded = sys.modules.get(module)
    if loaded is None or module.startswith("checkov.common"):
        return ()
    try:
        tree = ast.parse(inspect.getsource(loaded))
    except (OSError, SyntaxError, TypeError):
        return ()
    return tuple(dict.fromkeys(_constants(tree)))


def _constants(tree: ast.AST) -> Iterator[str]:
    for node in ast.walk(tree):
        if isinstance(node, ast.Constant) and isinstance(node.value, str):
            yield from (part for part in node.value.split("/") if re.fullmatch(r"[A-Za-z_][\w-]{2,60}", part))
