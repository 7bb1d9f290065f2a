"""Whatever runs in a child, with all of its rights: what it can reach, and that it ends when it must."""

from __future__ import annotations

import json
import os
import shutil
import socket
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from reviewer import process
from reviewer.scan import frames, sandbox
from reviewer.scan.warm_process import WarmProcess

pytestmark = pytest.mark.slow

SCRIPT = Path(__file__).with_name("hijacked.py")
REPOSITORY = Path(__file__).resolve().parents[2]


@pytest.fixture(scope="module", params=["bubblewrap", "landlock"])
def parent(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[WarmProcess]:
    """A warm parent of hijacked children, in namespaces and without."""
    trees = tmp_path_factory.mktemp("trees")
    for name in ("own", "other"):
        (trees / name).mkdir()
        (trees / name / "main.tf").write_text(f"# {name}\n")
    shutil.copy(SCRIPT, trees / "hijacked.py")
    os.environ["PLUMBRULE_TEST_TOKEN"] = "ghs_verysecret"
    env = process.clean_environment({"PYTHONPATH": str(REPOSITORY), "PYTHONSAFEPATH": "1"})
    scratch, around = tmp_path_factory.mktemp("scratch"), []
    seen_trees = trees
    if request.param == "bubblewrap":
        program = sandbox.working_bubblewrap(trees)
        if program is None:
            pytest.skip("no user namespaces here")
        around = sandbox.bubblewrap_argv(program, trees, env)
        seen_trees, scratch = sandbox.INNER_TREES, sandbox.INNER_SCRATCH
    told = {"trees": str(seen_trees), "scratch": str(scratch), "namespaced": bool(around)}
    started = WarmProcess([*around, sys.executable, str(seen_trees / "hijacked.py"), json.dumps(told)], env)
    hello = started.hello()
    assert hello["landlock"] is True
    assert hello["seccomp"] is True
    yield started
    started.kill()
    del os.environ["PLUMBRULE_TEST_TOKEN"]


VARIABLES = {"HOME", "LANG", "LC_ALL", "PATH", "PWD", "PYTHONPATH", "PYTHONSAFEPATH", "TMPDIR"}

_ids = iter(range(1, 1000))


def ask(parent: WarmProcess, attack: str, **limits: int) -> frames.Frame:
    """Let a child do its worst and return what the parent says of it."""
    request: dict[str, Any] = {"attack": attack, "tree": "own", "kind": "terraform", "files": []}
    request["port"] = limits.pop("port", 9)
    request["limits"] = {"wall_seconds": 20, "cpu_seconds": 20, "memory_mb": 400, **limits}
    answer = parent.ask(next(_ids), json.dumps(request).encode()).get(timeout=60)
    assert answer is not None
    return answer


def test_a_child_that_ignores_every_signal_dies_when_its_time_is_up(parent: WarmProcess) -> None:
    answer = ask(parent, "deaf", wall_seconds=1)
    assert (answer.kind, answer.payload) == (frames.FAILURE, b"wall")


def test_a_child_that_takes_memory_dies_of_the_limit(parent: WarmProcess) -> None:
    answer = ask(parent, "hungry")
    assert (answer.kind, answer.payload) == (frames.FAILURE, b"memory")


def test_a_child_that_burns_time_dies_of_its_share(parent: WarmProcess) -> None:
    answer = ask(parent, "busy", cpu_seconds=1)
    assert (answer.kind, answer.payload) == (frames.FAILURE, b"cpu")


def test_a_child_that_never_stops_talking_is_cut_off(parent: WarmProcess) -> None:
    answer = ask(parent, "talkative")
    assert (answer.kind, answer.payload) == (frames.FAILURE, b"output")


def test_a_child_that_says_nothing_is_a_crash_and_no_empty_result(parent: WarmProcess) -> None:
    answer = ask(parent, "silent")
    assert (answer.kind, answer.payload) == (frames.FAILURE, b"crash")


def test_a_child_reaches_its_own_tree_and_scratch_and_nothing_else(parent: WarmProcess) -> None:
    answer = ask(parent, "curious")
    assert answer.kind == frames.RESULT
    did = json.loads(answer.payload)
    assert set(did.pop("environment")) <= VARIABLES
    allowed = {name for name, (outcome, _) in did.items() if outcome == "did"}
    assert allowed == {"own tree", "own scratch"}, did


def test_no_variable_of_the_worker_is_seen(parent: WarmProcess) -> None:
    answer = ask(parent, "curious")
    assert "PLUMBRULE_TEST_TOKEN" not in json.loads(answer.payload)["environment"]
    assert b"ghs_verysecret" not in answer.payload


def test_nothing_arrives_at_a_port_of_this_machine(parent: WarmProcess) -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        ask(parent, "curious", port=listener.getsockname()[1])
        listener.settimeout(0.2)
        with pytest.raises(TimeoutError):
            listener.accept()


def test_the_parent_goes_on_after_all_of_it(parent: WarmProcess) -> None:
    assert ask(parent, "liar").kind == frames.RESULT
    assert parent.alive
