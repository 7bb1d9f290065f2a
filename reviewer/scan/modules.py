"""What Terraform and Kustomize files refer to: module sources and bases, read out of their text.

A small lexer in plain Python, for hostile bytes: it knows comments, strings, heredocs and braces, and takes the
`source` of top-level `module` blocks only. A file that merely *mentions* a folder must not turn that folder into a
module, for roots are scanned and modules are seen through their callers.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator

from reviewer.scan.kinds import Kind, kind_of

MAX_SOURCES = 2000
_TOKEN = re.compile(
    r"""
    (?P<comment>\#[^\n]*|//[^\n]*|/\*.*?(?:\*/|\Z))
  | (?P<heredoc><<-?(?P<mark>[^\W\d][\w-]*)[ \t]*\r?\n)
  | (?P<quote>")
  | (?P<open>[{(\[])
  | (?P<close>[})\]])
  | (?P<word>[^\W\d][\w-]*)
  | (?P<line>\n)
  | (?P<equals>=(?!=))
    """,
    re.VERBOSE | re.DOTALL,
)
_STRING_STOP = re.compile(r'\\.|\$\$\{|%%\{|[$%]\{|"|\n', re.DOTALL)
_ESCAPE = re.compile(r"\\(u[0-9a-fA-F]{4}|U[0-9a-fA-F]{8}|.)", re.DOTALL)
_SIMPLE = {"n": "\n", "r": "\r", "t": "\t", '"': '"', "\\": "\\"}
_WORD = re.compile(r"""[^\s"'#,\[\]{}]+""")


def references(path: str, text: str) -> tuple[str, ...]:
    """Return what the file at `path` refers to, as it is written there, without repetitions.

    Module sources for Terraform, in either syntax; for a kustomization every word that could be a path.
    """
    kind = kind_of(path)
    if kind is Kind.TERRAFORM:
        found = _json_sources(text) if path.endswith(".json") else module_sources(text)
    elif kind is Kind.KUSTOMIZATION:
        found = tuple(word for word in _WORD.findall(text) if not word.endswith(":"))
    else:
        found = ()
    return tuple(dict.fromkeys(found))[:MAX_SOURCES]


def module_sources(text: str) -> tuple[str, ...]:
    """Return the literal `source` of every top-level `module` block of HCL text, in order. Never fails on bad text."""
    if "module" not in text or "source" not in text:
        return ()
    return tuple(_hcl_sources(text))


def _hcl_sources(text: str) -> Iterator[str]:
    depth = 0
    in_module = False
    statement: list[str] = []  # words and "=" of the current line at this depth
    for kind, value in _tokens(text):
        if kind == "open":
            if depth == 0:
                in_module = value == "{" and statement[:1] == ["module"]
            depth += 1
            statement = []
        elif kind == "close":
            depth = max(0, depth - 1)
            statement = []
        elif kind == "line":
            statement = []
        elif kind == "string" and depth == 1 and in_module and statement == ["source", "="]:
            yield value
        elif len(statement) < 3:
            statement.append('"' if kind == "string" else value)


def _tokens(text: str) -> Iterator[tuple[str, str]]:
    """Yield (kind, value) of the tokens that matter; kind is word, equals, string, open, close or line."""
    at = 0
    while match := _TOKEN.search(text, at):
        kind = match.lastgroup if match.lastgroup != "mark" else "heredoc"
        at = match.end()
        if kind == "quote":
            value, at = _string(text, at)
            yield "string", value
        elif kind == "heredoc":
            at = _after_heredoc(text, at, match["mark"])
            yield "line", "\n"
        elif kind == "comment":
            if match[0].startswith("/*") and "\n" in match[0]:
                yield "line", "\n"
        elif kind:
            yield kind, match[0]


def _string(text: str, at: int) -> tuple[str, int]:
    """Return the literal that begins at `at`, just after its quote, and where the text goes on.

    One with an interpolation comes back as it is written, which no path is.
    """
    start = at
    while match := _STRING_STOP.search(text, at):
        at = match.end()
        if match[0] == '"':
            return _ESCAPE.sub(_unescape, text[start : at - 1]), at
        if match[0] == "\n":
            return text[start : at - 1], at - 1
        if match[0] in ("${", "%{"):
            at = _after_interpolation(text, at)
    return text[start:], len(text)


def _after_interpolation(text: str, at: int) -> int:
    """Return where the template that was opened just before `at` ends; strings in it may hold templates again."""
    stack = ["}"]
    while stack and (match := re.compile(r'\\.|[$%]\{|[{}"]', re.DOTALL).search(text, at)):
        at = match.end()
        found = match[0]
        if stack[-1] == '"':
            if found == '"':
                stack.pop()
            elif found in ("${", "%{"):
                stack.append("}")
        elif found == "}":
            stack.pop()
        elif found == '"':
            stack.append('"')
        elif found in ("{", "${", "%{"):
            stack.append("}")
    return at


def _after_heredoc(text: str, at: int, mark: str) -> int:
    end = re.compile(rf"^[ \t]*{re.escape(mark)}[ \t]*\r?$", re.MULTILINE).search(text, at)
    return end.end() if end else len(text)


def _unescape(match: re.Match[str]) -> str:
    escape = match[1]
    if escape[0] in "uU" and len(escape) > 1:
        code = int(escape[1:], 16)
        return chr(code) if code < 0x110000 and not 0xD800 <= code < 0xE000 else "?"
    return _SIMPLE.get(escape, match[0])


def _json_sources(text: str) -> tuple[str, ...]:
    try:
        document = json.loads(text.removeprefix("\ufeff"))
    except (ValueError, RecursionError):
        return ()
    return tuple(_sources_in(document.get("module"))) if isinstance(document, dict) else ()


def _sources_in(modules: object) -> Iterator[str]:
    """Terraform lets each level be an object or an array of objects."""
    for by_name in modules if isinstance(modules, list) else [modules]:
        bodies = by_name.values() if isinstance(by_name, dict) else ()
        for body in bodies:
            for block in body if isinstance(body, list) else [body]:
                source = block.get("source") if isinstance(block, dict) else None
                if isinstance(source, str):
                    yield source
