"""Try the rows of a file of recipes: `python -m tests.fix.try_recipes [--no-edit] FILE.yml [RULE...]`.

Kubernetes, Dockerfiles and workflows have no variables: there, `choice.NAME` is tried with the values of
tests/fix/samples.py, so these are what `fixed` holds (cpu_request 100m, cpu_limit 500m, memory 128Mi and 256Mi).

Exit code 0: all is well. 1: something is wrong. What is wrong is listed again, shorter, at the end.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path

from tests.fix.rows import choices, rows
from tests.fix.trying import tried

RAW = argparse.RawDescriptionHelpFormatter


def main(arguments: Sequence[str]) -> int:
    """Try, print, return the exit code."""
    parser = argparse.ArgumentParser(prog="try_recipes", description=__doc__, formatter_class=RAW)
    parser.add_argument("--no-edit", action="store_true", help="leave the editors out")
    parser.add_argument("--quiet", action="store_true", help="print only what is wrong")
    parser.add_argument("--framework", help="default: the name of the folder that FILE is in")
    parser.add_argument("file", type=Path)
    parser.add_argument("rule", nargs="*")
    asked = parser.parse_args(arguments)
    file: Path = asked.file.resolve()
    found = list(rows(file, asked.framework or file.parent.name))
    wanted = [row for row in found if not asked.rule or row.read.rule in asked.rule]
    wrong = []
    for outcome in tried(wanted, choices(file), edit=not asked.no_edit):
        if outcome.problems:
            wrong.append(f"{outcome.row.name}: {outcome.problems[0].splitlines()[0]}")
        if outcome.problems or not asked.quiet:
            print("WRONG" if outcome.problems else "ok   ", outcome.row.name)
        for problem in outcome.problems:
            print(f"    {problem}")
    print(f"\n{len(wanted)} rows, {len(wrong)} wrong" + "".join(f"\n  {line}" for line in wrong))
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
