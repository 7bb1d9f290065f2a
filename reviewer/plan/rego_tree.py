"""Policies, their data and a plan written where the contained process may read them."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

from reviewer.errors import Rejected
from reviewer.scan.results import is_inside

_SUFFIXES = (".rego", ".json", ".yaml", ".yml")
MAX_FILES = 2_000
MAX_POLICY_BYTES = 16 << 20
MAX_PLAN_BYTES = 64 << 20
_PLAN = "input.json"


def is_policy_file(path: str) -> bool:
    """Tell whether a file below a folder of policies is a policy or data: nothing hidden, and of no other kind."""
    return path.endswith(_SUFFIXES) and not any(part.startswith(".") for part in path.split("/"))


@contextmanager
def written(trees: Path, policies: Mapping[str, bytes], plan: bytes | None) -> Iterator[Path]:
    """Give a folder below `trees` with the policies by their paths and the plan, and take it away again.

    Raises Rejected for more than may be put to the engine, and for paths that lead elsewhere.
    """
    _check(policies, plan)
    tree = Path(tempfile.mkdtemp(dir=trees, prefix="policies-"))
    try:
        for path, text in policies.items():
            where = tree / "policies" / path
            where.parent.mkdir(parents=True, exist_ok=True)
            where.write_bytes(text)
        if plan is not None:
            (tree / _PLAN).write_bytes(plan)
        tree.chmod(0o755)
        yield tree
    finally:
        shutil.rmtree(tree, ignore_errors=True)


def _check(policies: Mapping[str, bytes], plan: bytes | None) -> None:
    if bad := [path for path in policies if not is_inside(path) or not path]:
        raise Rejected(f"{bad[0]!r} is not the path of a file below the folder of policies")
    if len(policies) > MAX_FILES or sum(map(len, policies.values())) > MAX_POLICY_BYTES:
        raise Rejected(
            f"the policies are more than {MAX_FILES:,} files or {MAX_POLICY_BYTES >> 20} MB; keep other files elsewhere"
        )
    if plan is not None and len(plan) > MAX_PLAN_BYTES:
        raise Rejected(f"the plan has more than {MAX_PLAN_BYTES >> 20} MB")
