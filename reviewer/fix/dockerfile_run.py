"""Edits inside RUN (and of the variables that steer its commands): flags, commands, names of package managers.

Owns which characters go. Which command is meant is said by the recipe; see `dockerfile`.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from reviewer.fix import dockerfile_text as text
from reviewer.fix.dockerfile_text import Command, Dockerfile, Instruction, Word, unquoted
from reviewer.fix.editing import CannotEdit
from reviewer.fix.splices import Splice

BOTH_CAN = ("update", "upgrade", "install", "remove", "purge", "autoremove", "autoclean", "clean", "source")
"""What apt and apt-get both do, in the same words."""

REFRESHERS = ("apt-get", "apt", "apk")
"""Those whose `update` does no more than to refresh lists; that of yum and dnf upgrades what is installed."""

_ASSIGNMENT = re.compile(r"[A-Za-z_][A-Za-z0-9_]*=")
_WITH_VALUE = ("-o", "-t", "-c")
_LETTERS_WITH_VALUE = "oHdXuAebcxmwTFKrEtyYzCQ"
_WRAPPERS = ("sudo", "env", "exec", "time", "nice", "command")


def drop_flag(file: Dockerfile, given: Mapping[str, Any]) -> Iterator[Splice]:
    """Yield what takes a flag out of every command that has it."""
    for command in _all_commands(file):
        at = next((i for i, word in enumerate(command.words) if _base(word) in given["of"]), None)
        if at is None:
            continue
        gone = [i for i in range(at + 1, len(command.words)) if _is_flag(command.words[i], given)]
        instead = given.get("instead", "")
        has = {word.text for word in command.words}
        for position, index in enumerate(gone):
            word = command.words[index]
            if short := _without_letter(word.text, given.get("letter", "")):
                yield Splice(start=word.start, end=word.end, text=short)
            elif instead and not position and not has & set(given.get("unless", [instead])):
                yield Splice(start=word.start, end=word.end, text=instead)
            else:
                last = index + 1 if given.get("takes_value") and "=" not in word.text else index
                yield from _without(file, command.words, index, min(last, len(command.words) - 1))


def drop_command(file: Dockerfile, given: Sequence[Sequence[str]]) -> Iterator[Splice]:
    """Yield what takes commands that begin with given words out of their chain, or a RUN that is nothing else out."""
    for run in file.of("RUN"):
        commands = text.commands(file, run)
        gone = [i for i, command in enumerate(commands) if any(_begins(command, words) for words in given)]
        if not gone:
            continue
        if any({commands[i].before, commands[i].after} - {"", "&&", ";"} for i in gone):
            raise CannotEdit(f"The command on line {_line(file, run)} is part of a condition or a pipe.")
        if len(gone) == len(commands):
            yield _without_instruction(file, run)
            continue
        kept = [i for i in range(len(commands)) if i not in gone]
        for i in gone:
            before = [k for k in kept if k < i]
            if before:
                yield Splice(start=commands[i - 1].words[-1].end, end=commands[i].words[-1].end, text="")
            else:
                yield Splice(start=commands[i].words[0].start, end=commands[i + 1].words[0].start, text="")


def drop_prefix(file: Dockerfile, given: str) -> Iterator[Splice]:
    """Yield what takes a command like sudo from in front of others. Raises CannotEdit where it does something."""
    users: dict[int, str] = {}
    for instruction in file.of("USER", "RUN"):
        if instruction.keyword == "USER":
            users[instruction.stage] = file.value(instruction)
            continue
        for command in text.commands(file, instruction):
            for word, following in zip(command.words, (*command.words[1:], None), strict=True):
                if unquoted(word.text) != given:
                    continue
                where = f"`{given}` on line {text.line_of(file.text, word.start)}"
                user = users.get(instruction.stage, "root").partition(":")[0]
                if user not in ("root", "0"):
                    raise CannotEdit(
                        f"{where} is needed, for this step runs as `{user[:60]}`: put `USER root` before it."
                    )
                if following is None or following.text.startswith("-"):
                    raise CannotEdit(f"{where} has options of its own.")
                if not all(
                    _ASSIGNMENT.match(w.text) or _base(w) in _WRAPPERS for w in command.words if w.end < word.start
                ):
                    continue
                yield Splice(start=word.start, end=following.start, text="")


def rename(file: Dockerfile, given: Mapping[str, str]) -> Iterator[Splice]:
    """Yield what calls one package manager instead of another. Raises CannotEdit for what only the first one does."""
    for command in _all_commands(file):
        for index, word in enumerate(command.words):
            before = command.words[:index]
            if word.text not in given or not all(_ASSIGNMENT.match(w.text) or _base(w) in _WRAPPERS for w in before):
                continue
            does = _subcommand(command.words[index + 1 :])
            if does not in BOTH_CAN:
                line = text.line_of(file.text, word.start)
                raise CannotEdit(f"`{word.text} {does[:40]}` on line {line} has no counterpart in {given[word.text]}.")
            yield Splice(start=word.start, end=word.end, text=given[word.text])


def unset(file: Dockerfile, given: Sequence[str]) -> Iterator[Splice]:
    """Yield what no longer sets some variables, with the instruction where that was all it did."""
    for instruction in file.of("ENV", "ARG", "RUN"):
        for command in text.commands(file, instruction):
            if instruction.keyword == "RUN":
                yield from _unset_in_command(file, instruction, command, given)
            else:
                yield from _unset_in_list(file, instruction, command, given)


def lone_update(file: Dockerfile, given: Sequence[str]) -> Iterator[Splice]:
    """Yield what takes a step out that only refreshes package lists, or joins it with the install right after it.

    `given` are words that install. Raises CannotEdit where a later step relies on the lists.
    """
    for index, first in enumerate(file.instructions):
        tool = _refreshed(file, first)
        if not tool:
            continue
        later = [step for step in file.instructions[index + 1 :] if _relies(file, step, tool, given)]
        if not later:
            yield _without_instruction(file, first)
            continue
        second = file.instructions[index + 1]
        plain = second.heredoc < 0 and not file.value(second).startswith("--")
        if later[0] is not second or not plain or file.text[first.end : second.start].strip():
            raise CannotEdit(
                f"The step on line {_line(file, later[0])} relies on the lists of the one on line {_line(file, first)}."
            )
        yield Splice(start=first.end, end=second.arguments, text=f" && {file.escape}{file.newline}    ")


def _refreshed(file: Dockerfile, instruction: Instruction) -> str:
    """The package manager whose lists a step refreshes, when it does no more than that."""
    commands = text.commands(file, instruction) if instruction.keyword == "RUN" and instruction.heredoc < 0 else ()
    words = [word.text for word in commands[0].words if word.text != "sudo"] if len(commands) == 1 else []
    plain = [word for word in words if not word.startswith("-")]
    return plain[0] if len(plain) == 2 and plain[0] in REFRESHERS and plain[1] == "update" else ""


def _relies(file: Dockerfile, step: Instruction, tool: str, installing: Sequence[str]) -> bool:
    """Whether a step installs with a package manager without refreshing its lists first."""
    for command in text.commands(file, step) if step.keyword == "RUN" else ():
        words = {word.text for word in command.words}
        if tool not in words:
            continue
        if "update" in words:
            return False
        if words & set(installing):
            return True
    return False


def _all_commands(file: Dockerfile) -> Iterator[Command]:
    for run in file.of("RUN"):
        yield from text.commands(file, run)


def _base(word: Word) -> str:
    return unquoted(word.text).rpartition("/")[2]


def _is_flag(word: Word, given: Mapping[str, Any]) -> bool:
    written = unquoted(word.text)
    if any(written == flag or written.startswith(f"{flag}=") for flag in given.get("flags", ())):
        return True
    letter = given.get("letter", "")
    if letter and re.fullmatch(r"-[A-Za-z0-9]+", written) and letter in written:
        return not set(written[1 : written.index(letter)]) & set(_LETTERS_WITH_VALUE)
    return bool(given.get("pattern") and len(written) < 200 and re.fullmatch(given["pattern"], written, re.IGNORECASE))


def _without_letter(written: str, letter: str) -> str:
    """`-fsk` without its k; "" where nothing but the dash would be left, or it is a long flag."""
    if not letter or written.startswith("--"):
        return ""
    return short if len(short := written.replace(letter, "", 1)) > 1 else ""


def _without(file: Dockerfile, words: Sequence[Word], first: int, last: int) -> Iterator[Splice]:
    """Words of a command out, with what parts them from the word before. Raises CannotEdit for a comment there."""
    start = words[first - 1].end
    if "#" in file.text[start : words[first].start]:
        start = words[first].start - len(file.text[start : words[first].start].rpartition("\n")[2])
        raise CannotEdit(
            f"A comment stands before `{words[first].text[:40]}` on line {text.line_of(file.text, start)}."
        )
    yield Splice(start=start, end=words[last].end, text="")


def _begins(command: Command, words: Sequence[str]) -> bool:
    written = [unquoted(word.text) for word in command.words]
    return [*map(str, words)] == written[: len(words)]


def _subcommand(words: Sequence[Word]) -> str:
    skip = False
    for word in words:
        if skip or word.text.startswith("-"):
            skip = not skip and word.text in _WITH_VALUE
            continue
        return word.text
    return ""


def _unset_in_command(file: Dockerfile, run: Instruction, command: Command, names: Sequence[str]) -> Iterator[Splice]:
    gone = [i for i, word in enumerate(command.words) if word.text.partition("=")[0] in names and "=" in word.text]
    if not gone:
        return
    words = command.words
    if words[0].text == "export" and len(gone) == len(words) - 1:
        commands = text.commands(file, run)
        index = commands.index(command)
        if len(commands) == 1:
            yield _without_instruction(file, run)
        elif index + 1 < len(commands) and command.after in ("&&", ";"):
            yield Splice(start=words[0].start, end=commands[index + 1].words[0].start, text="")
        elif command.before in ("&&", ";") and not command.after:
            yield Splice(start=commands[index - 1].words[-1].end, end=words[-1].end, text="")
        return
    for index in gone:
        if index + 1 < len(words) and all(_ASSIGNMENT.match(word.text) for word in words[: index + 1]):
            yield Splice(start=words[index].start, end=words[index + 1].start, text="")
        elif words[0].text == "export":
            yield from _without(file, words, index, index)


def _unset_in_list(file: Dockerfile, whole: Instruction, command: Command, names: Sequence[str]) -> Iterator[Splice]:
    words = command.words
    if words[0].text in names:  # ENV NAME value
        yield _without_instruction(file, whole)
        return
    gone = [i for i, word in enumerate(words) if word.text.partition("=")[0] in names]
    if gone and (command.before or command.after):
        raise CannotEdit(f"Line {_line(file, whole)} is written in a way that is not edited.")
    if len(gone) == len(words):
        yield _without_instruction(file, whole)
        return
    for index in gone:
        if any(i not in gone for i in range(index)):
            yield from _without(file, words, index, index)
        else:
            yield Splice(start=words[index].start, end=words[index + 1].start, text="")


def _without_instruction(file: Dockerfile, instruction: Instruction) -> Splice:
    start = file.text.rfind("\n", 0, instruction.start) + 1
    end = file.text.find("\n", instruction.end)
    return Splice(start=start, end=len(file.text) if end < 0 else end + 1, text="")


def _line(file: Dockerfile, instruction: Instruction) -> int:
    return text.line_of(file.text, instruction.start)
