"""Files that the configuration reads and that are not here: built by CI, too large, not text.

Owns which they are, as far as their names are written out, and what stands in for them: without that a single archive
would cost the whole plan. Pure.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping

from reviewer.model import NotExamined
from reviewer.plan.modules import Tree
from reviewer.scan.roots import resolve

STAND_IN = b"{}"
"""As good as any content, and it can be decoded as JSON and YAML."""
MAX_FILES = 200

_TERRAFORMS_OWN = re.compile(r"\.(?:tf|tofu|terraform)")
"""Names of files that Terraform would read by itself."""

_READ = re.compile(
    r"\b(?:file|templatefile|filebase64|filemd5|filesha\d{1,3}|filebase64sha\d{1,3})\(\s*"
    r'"(?:\$\{path\.(module|root|cwd)\}/)?([^"$%\\\n]{1,300})"'
)


def stand_ins(tree: Tree, files: Mapping[str, bytes]) -> dict[str, NotExamined]:
    """Return the path of every file that is read and not among `files`, and what is said of it.

    Nothing is made up outside of the copy, nor where a directory is.
    """
    found: dict[str, NotExamined] = {}
    folders = {parent for path in files for parent in _parents(path)}
    for path, statement in _read(tree):
        if path not in files and path not in folders and not any(parent in files for parent in _parents(path)):
            found.setdefault(path, statement)
        if len(found) >= MAX_FILES:
            break
    return _without_folders(found)


def _read(tree: Tree) -> Iterator[tuple[str, NotExamined]]:
    for module in tree.modules.values():
        for source in module.sources:
            text = source.text.decode("utf-8", "replace")
            for match in _READ.finditer(text):
                base = module.directory if match.group(1) == "module" else tree.root
                path = None if match.group(2).startswith(("/", "~")) else resolve(base, match.group(2))
                if path and not _TERRAFORMS_OWN.search(path):
                    line = text.count("\n", 0, match.start()) + 1
                    why = "It is read here and not among the files: the plan is made with a stand-in for it."
                    yield path, NotExamined(what=path, why=why, span=source.span(line, line), blocking=False)


def _parents(path: str) -> Iterator[str]:
    while "/" in path:
        path = path.rpartition("/")[0]
        yield path


def _without_folders(found: dict[str, NotExamined]) -> dict[str, NotExamined]:
    """What is read as a file in one place and as a folder in another cannot be both."""
    folders = {parent for path in found for parent in _parents(path)}
    return {path: statement for path, statement in found.items() if path not in folders}
