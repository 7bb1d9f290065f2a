"""Text that strangers write, in a `run` of a workflow, goes through an environment variable of its step.

`${{ github.head_ref }}` is put into the script before the shell reads it: a branch named `$(...)` is run. A variable is
only ever data. Owns where that can be done without changing what the script does.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from reviewer.fix import yaml_splice, yaml_values
from reviewer.fix.editing import CannotEdit
from reviewer.fix.splices import Splice
from reviewer.fix.yaml_nodes import Node
from reviewer.fix.yaml_splice import Page

_WORDS = (
    r"github\.(?:head_ref|event\.(?:(?:issue|pull_request)\.(?:title|body)|(?:comment|review|review_comment)\.body"
    r"|head_commit\.(?:message|author\.(?:email|name))|pull_request\.head\.(?:ref|label|repo\.default_branch)"
    r"|pages\[?[.\w*\]]{0,20}\.page_name|commits\[?[.\w*\]]{0,20}\.author\.(?:email|name)))"
)
_EXPRESSION = re.compile(r"\$\{\{ {0,20}(" + _WORDS + r") {0,20}\}\}")
_SHELLS = ("bash", "sh")


def passed(page: Page, root: Node, job: Node, step: Node) -> Iterator[Splice]:
    """Yield what passes the expressions of a step's script by its environment. Raises CannotEdit."""
    pair = next((pair for pair in step.pairs if pair.key.text == "run"), None)
    if pair is None or pair.value.kind != "scalar":
        return
    script = pair.value
    found = list(_EXPRESSION.finditer(page.text, script.body, script.end))
    if not found:
        return
    _is_shell(root, job, step)
    new: dict[str, str] = {}
    for match in found:
        name = _name(match[1])
        _expands(page.text, script, match)
        new[name] = f"${{{{ {match[1]} }}}}"
        following = page.text[match.end() : match.end() + 1]
        text = f"${{{name}}}" if following.isalnum() or following in ("_", "[") else f"${name}"
        yield Splice(start=match.start(), end=match.end(), text=text)
    yield from _with_environment(page, step, new)


def _is_shell(root: Node, job: Node, step: Node) -> None:
    """Raise CannotEdit unless the step's script is run by bash or sh."""
    defaults = ("defaults", "run", "shell")
    shells = [
        *yaml_values.below(step, ("shell",)),
        *yaml_values.below(job, defaults),
        *yaml_values.below(root, defaults),
    ]
    if shells:
        shell = shells[0].text.split(" ")[0]
        if shell not in _SHELLS:
            raise CannotEdit(f"The script on line {step.line} is for `{shell[:40]}`: pass the text by `env` there.")
        return
    runners = yaml_values.below(job, ("runs-on",))
    words = " ".join(yaml_values.followed(node).text for runner in runners for node in (runner, *runner.items))
    if "windows" in words.lower() or "${{" in words:
        raise CannotEdit(f"Which shell runs the script on line {step.line} is not known here: pass the text by `env`.")


def _expands(text: str, script: Node, match: re.Match[str]) -> None:
    """Raise CannotEdit where the shell would not put the value of a variable."""
    line = text[max(text.rfind("\n", 0, match.start()) + 1, script.body) : match.start()]
    where = f"on line {text.count(chr(10), 0, match.start()) + 1}"
    if script.style in ("'", '"'):
        raise CannotEdit(f"The script {where} is a quoted string of YAML; write it as a block (`run: |`) first.")
    if _in_single_quotes(line):
        raise CannotEdit(f"The text {where} stands in single quotes, in which a shell reads no variables.")
    if re.search(r"<<-? ?['\"]", script.text):
        raise CannotEdit(f"The text {where} may stand in a here-document in which the shell reads no variables.")


def _in_single_quotes(line: str) -> bool:
    open_quote = ""
    escaped = False
    for char in line:
        if escaped:
            escaped = False
        elif char == "\\" and open_quote != "'":
            escaped = True
        elif char in "'\"" and open_quote in ("", char):
            open_quote = "" if open_quote else char
    return open_quote == "'"


def _name(expression: str) -> str:
    """A name for the variable: PULL_REQUEST_TITLE for github.event.pull_request.title."""
    words = re.findall(r"[A-Za-z_]+", expression.removeprefix("github.").removeprefix("event."))
    return "_".join(words).upper()


def _with_environment(page: Page, step: Node, new: dict[str, str]) -> Iterator[Splice]:
    """The variables in the step's env, which goes before `run` where it is new."""
    env = step.get("env")
    if env is None:
        yield from yaml_splice.insert_beside(page, step, "run", {"env": new})
        return
    if env.kind != "mapping" or not env.pairs or env.anchor or env.tag:
        raise CannotEdit(f"`env` on line {env.line} is written in a way that is not edited.")
    missing = {name: value for name, value in new.items() if (old := env.get(name)) is None or old.text != value}
    if any(env.get(name) is not None for name in missing):
        raise CannotEdit(f"`env` on line {env.line} has another variable of that name.")
    if missing:
        yield from yaml_splice.insert_pairs(page, env, missing)
