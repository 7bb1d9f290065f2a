"""Edits of whole instructions of a Dockerfile: ADD, MAINTAINER, EXPOSE, WORKDIR, USER.

Owns which characters change; see `dockerfile` for the words of a recipe.
"""

from __future__ import annotations

import json
import posixpath
import re
from collections.abc import Iterator, Mapping, Sequence

from reviewer.fix import dockerfile_text as text
from reviewer.fix.dockerfile_text import Dockerfile, Instruction, unquoted
from reviewer.fix.editing import CannotEdit
from reviewer.fix.splices import Splice

ONLY_ADD = ("--checksum", "--keep-git-dir", "--unpack")
_ARCHIVE = re.compile(r"\.(?:tar|tgz|tbz2?|txz|tlz|tar\.(?:gz|bz2|xz|zst|lz|lzma|z))$", re.IGNORECASE)
_REMOTE = re.compile(r"^(?:[a-z][a-z0-9+.-]*://|git@|github\.com/)", re.IGNORECASE)
_VARIABLE = re.compile(r"\$\{?([A-Za-z_][A-Za-z0-9_]*)\}?")
_SETTING = re.compile(r"([A-Za-z_][A-Za-z0-9_]*)=(\S*)")
_AT_THE_END = frozenset({"CMD", "ENTRYPOINT", "EXPOSE", "HEALTHCHECK", "LABEL", "STOPSIGNAL", "ENV"})
_USER = re.compile(r"[A-Za-z0-9_][A-Za-z0-9_.-]*(?::[A-Za-z0-9_][A-Za-z0-9_.-]*)?")


def keyword(file: Dockerfile, given: Mapping[str, str]) -> Iterator[Splice]:
    """Yield what copies instead of adding. Raises CannotEdit where ADD does more than COPY can."""
    for instruction in file.of(*given):
        _only_plain_files(file, instruction)
        yield _renamed(file, instruction, given[instruction.keyword])


def label(file: Dockerfile, given: str) -> Iterator[Splice]:
    """Yield what makes a label of MAINTAINER."""
    for instruction in file.of("MAINTAINER"):
        value = unquoted(file.value(instruction))
        if "\n" in file.text[instruction.arguments : instruction.end] or not value.isprintable():
            raise CannotEdit(f"Line {_line(file, instruction)} goes on over several lines.")
        yield _renamed(file, instruction, "LABEL")
        quoted = (
            value.replace(file.escape, file.escape * 2).replace('"', f'{file.escape}"').replace("$", f"{file.escape}$")
        )
        end = instruction.arguments + len(file.text[instruction.arguments : instruction.end].rstrip())
        yield Splice(start=instruction.arguments, end=end, text=f'{given}="{quoted}"')


def drop_port(file: Dockerfile, given: Sequence[str | int]) -> Iterator[Splice]:
    """Yield what no longer exposes some ports, with the instruction where there is no other one."""
    ports = {str(port) for port in given}
    for instruction in file.of("EXPOSE"):
        words = [word for command in text.commands(file, instruction) for word in command.words]
        gone = [i for i, word in enumerate(words) if word.text in ports]
        if gone and len(gone) == len(words):
            start = file.text.rfind("\n", 0, instruction.start) + 1
            end = file.text.find("\n", instruction.end)
            yield Splice(start=start, end=len(file.text) if end < 0 else end + 1, text="")
            continue
        for index in gone:
            if any(i not in gone for i in range(index)):
                yield Splice(start=words[index - 1].end, end=words[index].end, text="")
            else:
                yield Splice(start=words[index].start, end=words[index + 1].start, text="")


def absolute(file: Dockerfile, _given: bool) -> Iterator[Splice]:
    """Yield what writes relative working directories in full. Raises CannotEdit where the base image decides."""
    known: dict[str, str] = {}  # by stage: its number, and its name
    names: dict[str, str] = {}
    for instruction in file.of("FROM", "WORKDIR"):
        value, stage = file.value(instruction), str(instruction.stage)
        if instruction.keyword == "FROM":
            image, _, name = re.sub(r"^--\S+\s+", "", value).partition(" ")
            known[stage] = known.get(image.lower(), "/" if image == "scratch" else "") if image else ""
            names[stage] = name.rpartition(" ")[2].lower()
            known[names[stage]] = known[stage]
            continue
        path = unquoted(value)
        if not re.match(r"/|\$|[A-Za-z]:", path):
            if not known.get(stage) or "\\" in path:
                raise CannotEdit(
                    f"The base image says what `WORKDIR {path[:80]}` on line {_line(file, instruction)} is relative to."
                )
            path = posixpath.normpath(posixpath.join(known[stage], path))
            yield Splice(start=instruction.arguments, end=_value_end(file, instruction), text=_quoted(path))
        known[stage] = known[names.get(stage, "")] = path


def user(file: Dockerfile, given: str) -> Iterator[Splice]:
    """Yield what ends the last stage as another user than root. Raises CannotEdit where none is known."""
    last = file.instructions[-1].stage if file.instructions else 0
    stage = [
        instruction for instruction in file.instructions if instruction.stage == last and instruction.keyword != "ARG"
    ]
    users = [(instruction, file.value(instruction)) for instruction in stage if instruction.keyword == "USER"]
    if users and not _is_root(users[-1][1]):
        return
    before = [name for _, name in users if not _is_root(name)]
    name = before[-1] if before else given
    if not _USER.fullmatch(name):
        raise CannotEdit("Which user the process needs only you know; the policy has no value for it yet.")
    steps = [instruction for instruction in stage if instruction.keyword not in _AT_THE_END]
    if not steps:
        raise CannotEdit("The file has no stage.")
    if steps[-1].keyword == "USER":
        yield Splice(start=steps[-1].arguments, end=_value_end(file, steps[-1]), text=name)
        return
    word = "user" if file.text[steps[-1].start :][:1].islower() else "USER"
    yield Splice(start=steps[-1].end, end=steps[-1].end, text=f"{file.newline}{word} {name}")


def _only_plain_files(file: Dockerfile, instruction: Instruction) -> None:
    sources = _sources(file, instruction)
    line = _line(file, instruction)
    for source in sources:
        written = _resolved(file, unquoted(source), instruction)
        if written.split("=")[0] in ONLY_ADD:
            raise CannotEdit(f"`{written[:60]}` on line {line} is something that only ADD can do.")
        if _REMOTE.match(written):
            raise CannotEdit(f"ADD on line {line} fetches `{written[:100]}`; COPY cannot.")
        if _ARCHIVE.search(written):
            raise CannotEdit(f"ADD on line {line} unpacks `{written[:100]}`; COPY does not.")
        if "$" in written or (written.endswith("*") and written not in ("*", "./*")):
            raise CannotEdit(
                f"Whether `{written[:100]}` on line {line} is an archive, which ADD unpacks, is not known here."
            )


def _sources(file: Dockerfile, instruction: Instruction) -> list[str]:
    """All words but the last one, flags included."""
    value = file.value(instruction)
    flags = re.match(r"(?:--\S+\s+)*", value)
    rest = value[flags.end() :] if flags else value
    if rest.startswith("["):
        try:
            listed = json.loads(rest)
        except ValueError:
            listed = ["$"]
        words = [word for word in listed if isinstance(word, str)] if isinstance(listed, list) else ["$"]
    else:
        words = rest.split()
    return [*(flags[0].split() if flags else ()), *(word for word in words[:-1] if not word.startswith("<<"))]


def _resolved(file: Dockerfile, written: str, instruction: Instruction) -> str:
    """A word with the variables that the file gives a value; unknown ones stay."""
    if "$" not in written:
        return written
    known: dict[str, str] = {}
    for setting in file.of("ARG", "ENV"):
        if setting.start < instruction.start:
            known |= {name: unquoted(value) for name, value in _SETTING.findall(file.value(setting)[:2000])}
    return _VARIABLE.sub(lambda match: known.get(match[1], match[0]), written[:1000])


def _renamed(file: Dockerfile, instruction: Instruction, name: str) -> Splice:
    old = file.text[instruction.start : instruction.start + len(instruction.keyword)]
    return Splice(
        start=instruction.start, end=instruction.start + len(old), text=name.lower() if old.islower() else name
    )


def _value_end(file: Dockerfile, instruction: Instruction) -> int:
    return instruction.arguments + len(file.text[instruction.arguments : instruction.end].rstrip())


def _quoted(path: str) -> str:
    return f'"{path}"' if " " in path else path


def _is_root(name: str) -> bool:
    return name.partition(":")[0] in ("root", "0")


def _line(file: Dockerfile, instruction: Instruction) -> int:
    return text.line_of(file.text, instruction.start)
