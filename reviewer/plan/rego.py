"""Rego policies put to a plan, or tested: what runs in a confined child, from the request to the bytes of an answer.

Owns the engine (regorus). Policies, data and plan are hostile: they may loop, allocate or crash the engine; who started
this child ends it then, and says so.
"""

from __future__ import annotations

import codecs
import json
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from reviewer.plan import rego_builtins, rego_data, rego_rewrite
from reviewer.plan.rego_results import (
    MAX_MESSAGE,
    MAX_NAME,
    MAX_PROBLEMS,
    MAX_RESULTS,
    Evaluation,
    Outcome,
    PolicyTest,
    Problem,
    Result,
    encode,
)
from reviewer.plan.rego_said import said
from reviewer.plan.rego_syntax import Module, Rule, read_module
from reviewer.plan.rego_syntax import Path as Names
from reviewer.plan.rego_text import MAX_NESTING, edited, nested_too_deeply

SUFFIX, TEST_SUFFIX = ".rego", "_test.rego"
PLAN = "input.json"
_DENIES = re.compile(r"(deny|violation|warn)(_[a-zA-Z0-9]+)*")
"""The names of rules that conftest asks."""
_TESTS = re.compile(r"(todo_)?test_.*")
_EXCEPTION = "exception"


@dataclass(frozen=True, slots=True, kw_only=True)
class _Source:
    """A policy file that parses."""

    path: str
    text: bytes
    v0: bool
    module: Module


@dataclass(slots=True)
class _House:
    """The engine with all that could be loaded, and what could not."""

    engine: Any
    sources: list[_Source] = field(default_factory=list)
    problems: list[Problem] = field(default_factory=list)

    def ask(self, package: Names, rule: str) -> object:
        """Return the value of a rule, None when it is undefined. Raises RuntimeError."""
        query = rego_rewrite.spell(("data", *package, rule))
        found = json.loads(self.engine.eval_query_as_json(query)).get("result")
        return found[0]["expressions"][0]["value"] if found else None


def evaluate(request: Mapping[str, Any], tree: Path) -> bytes:
    """Evaluate the policies of a request, or run their tests, and return the encoded `Evaluation`.

    `request` has `task` ("evaluate" or "test") and `files`, pairs whose first is a path below `tree`: policies and data
    files; where there is a plan it lies at `PLAN`.
    """
    testing = request["task"] == "test"
    texts = {path: (tree / "policies" / path).read_bytes() for path, _ in request["files"]}
    house = _load(texts, testing=testing)
    if (tree / PLAN).exists() and (problem := _give_plan(house.engine, (tree / PLAN).read_bytes())):
        return encode(Evaluation(problems=(problem,)))
    evaluation = _tested(house) if testing else _evaluated(house)
    return encode(_limited(evaluation))


def _load(texts: Mapping[str, bytes], *, testing: bool) -> _House:
    house = _House(new_engine())
    for path, text in sorted(texts.items()):
        if path.endswith(SUFFIX) and (testing or not path.endswith(TEST_SUFFIX)):
            _keep(_parsed(path, text), house)
    known = rego_rewrite.Known(
        functions={("data", *s.module.package, *names) for s in house.sources for names in s.module.functions},
        rules={("data", *s.module.package, rule.name) for s in house.sources for rule in s.module.rules},
        builtins=builtins(house.engine),
    )
    house.engine.add_policy(rego_builtins.PACKAGE, rego_builtins.library())
    house.sources = [source for source in house.sources if _add(house, source, known)]
    _add_data(house, texts, known)
    return house


def _keep(parsed: _Source | Problem, house: _House) -> None:
    if isinstance(parsed, Problem):
        house.problems.append(parsed)
    else:
        house.sources.append(parsed)


def new_engine() -> Any:
    import regorus  # late: the process that forks us does not need it

    engine = regorus.Engine()
    engine.set_gather_prints(True)  # else they go where answers go
    return engine


def builtins(engine: Any) -> frozenset[str]:
    """Return the names of the built-in functions that this build of the engine has."""
    told = json.loads(engine.eval_query_as_json("opa.runtime().builtins"))
    return frozenset(told["result"][0]["expressions"][0]["value"]) | {"print"}


def _parsed(path: str, raw: bytes) -> _Source | Problem:
    """Return the file as Rego v1 if it is that, else as v0; when it is neither, what the parser got further with."""
    raw = raw.removeprefix(codecs.BOM_UTF8)
    try:
        text = raw.decode()
    except UnicodeDecodeError:
        return Problem(path=path, line=0, why="it is not UTF-8 text")
    if line := nested_too_deeply(text):
        why = f"brackets are nested deeper than {MAX_NESTING} levels, which the engine cannot read in time"
        return Problem(path=path, line=line, why=why)
    errors = []
    for v0 in (False, True):
        engine = new_engine()
        engine.set_rego_v0(v0)
        try:
            engine.add_policy(path, text)
            tree = json.loads(engine.get_ast_as_json())[0]["ast"]
            return _Source(path=path, text=raw, v0=v0, module=read_module(tree, raw))
        except RuntimeError as error:  # RecursionError, of a tree that is too deep, is one, too
            errors.append(error)
    return _problem(max(errors, key=_place), path, 0)


def _add(house: _House, source: _Source, known: rego_rewrite.Known) -> bool:
    edits, faults = rego_rewrite.rewrite(source.module, source.text, known)
    house.problems += (Problem(path=source.path, line=fault.line, why=fault.why) for fault in faults)
    if faults:
        return False
    house.engine.set_rego_v0(source.v0)
    try:
        house.engine.add_policy(source.path, edited(source.text, edits))
    except RuntimeError as error:
        house.problems.append(_problem(error, source.path, 0))
        return False
    return True


def _add_data(house: _House, texts: Mapping[str, bytes], known: rego_rewrite.Known) -> None:
    files = {}
    for path, text in sorted(texts.items()):
        if path.endswith(rego_data.SUFFIXES):
            try:
                files[path] = rego_data.read_data(path, text)
            except rego_data.BadData as error:
                house.problems.append(Problem(path=path, line=error.line, why=str(error)))
    document, conflicts = rego_data.merged(files)
    for path, key in conflicts:
        why = f"the key `{key}` has another value in a data file before it"
        house.problems.append(Problem(path=path, line=0, why=why))
    for names in sorted(known.rules | known.functions | {("data", rego_builtins.PACKAGE)}):
        if _holds(document, names[1:]):
            why = f"data files hold `{rego_rewrite.spell(names)}`, which policies define"
            house.problems.append(Problem(path="", line=0, why=why))
            return
    try:
        house.engine.add_data_json(json.dumps(document))
    except RuntimeError as error:
        house.problems.append(_problem(error, "", 0))


def _holds(document: object, names: Names) -> bool:
    """Tell whether data stand where a rule does: the engine would take them for the rule's value."""
    for name in names:
        if not isinstance(document, dict):
            return True
        if name not in document:
            return False
        document = document[name]
    return True


def _give_plan(engine: Any, plan: bytes) -> Problem | None:
    try:
        text = plan.decode()
        if not text.lstrip().startswith("{"):
            return Problem(path="", line=0, why="the plan is not a JSON object, as `terraform show -json` prints it")
        engine.set_input_json(text)
    except UnicodeDecodeError:
        return Problem(path="", line=0, why="the plan is not JSON: it is not UTF-8 text")
    except RuntimeError as error:
        found = re.search(r"line \d+ column \d+", str(error))
        return Problem(path="", line=0, why=f"the plan is not JSON{f': see {found[0]}' if found else ''}")
    return None


def _rules(house: _House, names: re.Pattern[str]) -> Iterator[tuple[Names, Rule, str]]:
    """Yield package, rule and file of each rule whose name matches, once, where it is written first."""
    seen = set()
    for source in house.sources:
        for rule in source.module.rules:
            key = (source.module.package, rule.name)
            if names.fullmatch(rule.name) and key not in seen:
                seen.add(key)
                yield source.module.package, rule, source.path


def _evaluated(house: _House) -> Evaluation:
    results: list[Result] = []
    excepted: list[str] = []
    problems = list(house.problems)
    rules = sorted(_rules(house, _DENIES), key=lambda found: (found[0], found[1].name))
    if not rules and not problems:
        problems.append(Problem(path="", line=0, why="no policy has a rule named deny, violation or warn"))
    for package, rule, path in rules:
        name = _dotted(package)
        try:
            told = said(name, rule.name, house.ask(package, rule.name))
            if told.results and _is_excepted(house, package, rule.name):
                excepted.append(f"{name}.{rule.name}"[:MAX_NAME])
                continue
        except RuntimeError as error:
            problems.append(_problem(error, path, rule.line))
            continue
        results += told.results
        problems += (Problem(path=path, line=rule.line, why=why) for why in told.misfits)
    house.engine.take_prints()
    return Evaluation(results=tuple(results), problems=tuple(problems), excepted=tuple(excepted), rules=len(rules))


def _is_excepted(house: _House, package: Names, rule: str) -> bool:
    """Tell whether the package's `exception` names the rule, by what follows the first `_` (conftest, Exceptions)."""
    defined = {(source.module.package, rule.name) for source in house.sources for rule in source.module.rules}
    if (package, _EXCEPTION) not in defined:
        return False
    named = house.ask(package, _EXCEPTION)
    lists = named if isinstance(named, list) else []
    return any(rule.partition("_")[2] in names for names in lists if isinstance(names, list))


def _tested(house: _House) -> Evaluation:
    tests = [_run(house, *found) for found in _rules(house, _TESTS)]
    problems = list(house.problems)
    if not tests and not problems:
        problems.append(Problem(path="", line=0, why=f"there is no rule named test_... in a file *{TEST_SUFFIX}"))
    return Evaluation(problems=tuple(problems), tests=tuple(tests), rules=len(tests))


def _run(house: _House, package: Names, rule: Rule, path: str) -> PolicyTest:
    outcome, text = Outcome.SKIPPED, ""
    if not rule.name.startswith("todo_"):
        try:
            outcome = Outcome.FAILED if house.ask(package, rule.name) in (None, False) else Outcome.PASSED
        except RuntimeError as error:
            outcome, text = Outcome.ERROR, str(_problem(error, path, rule.line))
    printed = house.engine.take_prints()
    return PolicyTest(
        path=path,
        line=rule.line,
        package=_dotted(package),
        rule=rule.name[:MAX_NAME],
        outcome=outcome,
        text="\n".join(filter(None, [text, *printed]))[:MAX_MESSAGE],
    )


_ERROR = re.compile(
    r"^--> (?P<path>.+?):(?P<line>\d+):(?P<column>\d+)$.*?^error: (?P<why>[^\n]*)", re.MULTILINE | re.DOTALL
)


def _problem(error: RuntimeError, path: str, line: int) -> Problem:
    """Return the engine's error without its stack and the values it quotes, at `path` and `line` if it names none."""
    told = str(error).partition("\n\nStack backtrace")[0].strip()
    if found := _ERROR.search(told):
        told = found["why"]
        if found["path"] != rego_builtins.PACKAGE:
            path, line = found["path"], int(found["line"])
    why = told.partition(" Got ")[0] or "the engine gave no reason"
    if "not scheduled" in why:
        why = "the engine cannot compare what a comprehension makes in the head of a rule: assign it in the body"
    return Problem(path=path, line=line, why=why.replace("\n", " ")[:300])


def _place(error: RuntimeError) -> tuple[int, int, bool]:
    """Return how far the parser got; what is said of keywords that v0 does not have tells least."""
    found = _ERROR.search(str(error))
    means_v0 = found is None or "keyword is required" in found["why"]
    return (int(found["line"]), int(found["column"]), not means_v0) if found else (0, 0, False)


def _dotted(package: Names) -> str:
    return ".".join(package)[:MAX_NAME]


def _limited(evaluation: Evaluation) -> Evaluation:
    results, problems = evaluation.results, evaluation.problems
    if len(results) > MAX_RESULTS:
        why = f"the policies have {len(results):,} messages; only {MAX_RESULTS:,} of them are told"
        problems = (Problem(path="", line=0, why=why), *problems)
    return replace(evaluation, results=results[:MAX_RESULTS], problems=tuple(_first(problems)))


def _first(problems: Iterable[Problem]) -> Iterator[Problem]:
    once = list(dict.fromkeys(problems))
    yield from once[:MAX_PROBLEMS]
    if len(once) > MAX_PROBLEMS:
        yield Problem(path="", line=0, why=f"{len(once) - MAX_PROBLEMS} more problems are left out")
