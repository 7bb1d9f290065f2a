"""Writes what is made from the rules: docs/rules/, the index in docs/rules.md, and the data that `explain` ships with.

At build time, in a checkout, by those who work on Plumbrule: `python -m reviewer.derive.rule_pages`, and with `--check`
to be told what is not current. Reads the examples that the tests hold the rules to.
"""

from __future__ import annotations

import importlib
import json
import re
import sys
from collections.abc import Iterable, Iterator, Mapping
from importlib import metadata
from pathlib import Path
from typing import Any

import click

from reviewer import rulebook
from reviewer.model import PlanAction
from reviewer.process import run
from reviewer.rulebook import CHECKOV_FILE, EXAMPLES_FILE, Examples
from reviewer.rules import RULES
from reviewer.rules.card import Card, Sample, page
from reviewer.rules.plan import PLAN_RULES, run_plan_rules
from reviewer.settings import CONFIG_DIR
from reviewer.tfplan.attributes import differences
from reviewer.tfplan.model import Mode

HOME = CONFIG_DIR.parent
PAGES = HOME / "docs/rules"
INDEX = HOME / "docs/rules.md"
EXAMPLES = HOME / "tests/rules"
BEGIN, END = "<!-- made by reviewer.derive.rule_pages: -->", "<!-- until here -->"
MOST_LINES = 50
MOST_CHANGES = 5
_MARK = re.compile(r"\s*(?:#|//) expect\s*$")
_LISTED = "expected.txt"


def files() -> dict[Path, str]:
    """Return every file that is made from the rules, with its text."""
    shown = dict(sorted({**_code_examples(), **dict(_plan_examples())}.items()))
    cards = [rulebook.of_rule(rule, shown) for rule in RULES.values()]
    on_plans = [rulebook.of_plan_rule(rule, shown) for rule in PLAN_RULES.values()]
    return {
        EXAMPLES_FILE: _examples_json(shown),
        INDEX: _with_index(INDEX.read_text("utf-8"), cards),
        **{PAGES / f"{one.id}.md": page(one) for one in (*cards, *on_plans)},
    }


def checkov_file() -> str:
    """Return the list of the installed Checkov's rules: a process of its own asks for them."""
    told = run([sys.executable, "-W", "ignore", "-m", "reviewer.derive.registered_rules"]).stdout
    rules = dict(sorted(json.loads(told).items()))
    lines = ",\n".join(f"  {json.dumps(rule)}: {json.dumps(about)}" for rule, about in rules.items())
    return f'{{"version": {json.dumps(metadata.version("checkov"))}, "rules": {{\n{lines}\n}}}}\n'


def _with_index(text: str, cards: Iterable[Card]) -> str:
    before, found, rest = text.partition(BEGIN)
    _, ended, after = rest.partition(END)
    if not (found and ended):
        raise click.ClickException(
            f"{INDEX.name}: expected the lines {BEGIN} and {END}, which the index stands between"
        )
    rows = "\n".join(f"| [`{one.id}`](rules/{one.id}.md) | {one.severity} | {one.title} |" for one in cards)
    return f"{before}{BEGIN}\n| rule | severity | what it finds |\n|---|---|---|\n{rows}\n{END}{after}"


def _examples_json(shown: Examples) -> str:
    told = {
        rule: {"bad": [_as_json(one) for one in bad], "good": [_as_json(one) for one in good]}
        for rule, (bad, good) in shown.items()
    }
    return json.dumps(told, indent=1, ensure_ascii=False) + "\n"


def _as_json(sample: Sample) -> dict[str, Any]:
    return {"path": sample.path, "lines": list(sample.lines)}


def _code_examples() -> Mapping[str, tuple[tuple[Sample, ...], tuple[Sample, ...]]]:
    return {rule: (_first(rule, "bad"), _first(rule, "good")) for rule in RULES if (EXAMPLES / rule).is_dir()}


def _first(rule: str, kind: str) -> tuple[Sample, ...]:
    """Return the files of the example that is read most easily: short, of one file, in Terraform where there is one."""
    folders = [folder for folder in sorted((EXAMPLES / rule).glob(f"{kind}*")) if folder.is_dir()]
    samples = [found for folder in folders if (found := _samples(folder))]
    return min(samples, key=_effort, default=())


def _effort(samples: tuple[Sample, ...]) -> tuple[bool, int, bool]:
    """What is asked of a reader. Examples that are alike in this keep the order of their names."""
    lines = sum(len(sample.lines) for sample in samples)
    return lines > MOST_LINES, len(samples), not any(sample.path.endswith(".tf") for sample in samples)


def _samples(folder: Path) -> tuple[Sample, ...]:
    """Return the files of an example; none if one of them is no text or there is too much of it."""
    paths = [path for path in sorted(folder.rglob("*")) if path.is_file() and path.name != _LISTED]
    try:
        read = [(path.relative_to(folder).as_posix(), path.read_text("utf-8")) for path in paths]
    except UnicodeDecodeError:
        return ()
    found = tuple(Sample(path=name, lines=tuple(map(_marked, text.rstrip("\n").split("\n")))) for name, text in read)
    return found if sum(len(sample.lines) for sample in found) <= 2 * MOST_LINES else ()


def _marked(line: str) -> str:
    """The line without white space at its end; where the tests expect a finding it says so."""
    return re.sub(r"[\r\x00]", "", _MARK.sub("  # found here", line)).rstrip()


def _plan_examples() -> Iterator[tuple[str, tuple[tuple[Sample, ...], tuple[Sample, ...]]]]:
    modules = sorted((EXAMPLES / "plan").glob("examples_*.py"))
    everything = [one for path in modules for one in importlib.import_module(f"tests.rules.plan.{path.stem}").EXAMPLES]
    for rule in PLAN_RULES:
        of_it = [one for one in everything if one.rule == rule]
        bad, good = (next((one for one in of_it if bool(one.says) is says), None) for says in (True, False))
        yield rule, (tuple(_plan_sample(bad)), tuple(_plan_sample(good)))


def _plan_sample(example: Any) -> Iterator[Sample]:
    """Yield the changes of an example plan as a person reads them, and what the rule says of them."""
    if example is None:
        return
    changes = [one for one in example.view.plan.changes if one.mode is Mode.MANAGED][:MOST_CHANGES]
    lines = [line for change in changes for line in _told(change)]
    said = [f"=> {finding.message}" for finding in run_plan_rules(example.view)]
    yield Sample(path="", lines=(f"# {example.title}", *lines, *said))


def _told(change: Any) -> Iterator[str]:
    moved = f" (was {change.previous_address})" if change.previous_address else ""
    kept = "stays" if change.action is PlanAction.NO_OP else change.action.value
    yield f"{change.address}: {kept}{moved}"
    for one in differences(change):
        yield f"    {one.path}: {one.before or '(nothing)'} -> {one.after or '(nothing)'}"


@click.command()
@click.option("--check", is_flag=True, help="Write nothing; name what is not current.")
def main(check: bool) -> None:
    """Write docs/rules/, docs/rules.md, config/rule-examples.json and config/checkov-rules.json."""
    made = {**files(), CHECKOV_FILE: checkov_file()}
    gone = [path for path in sorted(PAGES.glob("*.md")) if path not in made]
    stale = [path for path, text in made.items() if not path.exists() or path.read_text("utf-8") != text]
    for path in (*stale, *gone):
        click.echo(f"{'not current' if check else 'wrote' if path in made else 'removed'}: {path.relative_to(HOME)}")
    if check:
        sys.exit(1 if stale or gone else 0)
    PAGES.mkdir(exist_ok=True)
    for path in stale:
        path.write_text(made[path], encoding="utf-8")
    for path in gone:
        path.unlink()


if __name__ == "__main__":
    main()
