"""The warm parent: imports Checkov once, then forks one confined child a scan, and ends those that take too much.

Runs inside the sandbox as `python -m reviewer.scan.warm`, single-threaded, and never parses a byte of a pull request
itself: it hands on what children write. Speaks `frames` on its standard input and output.
"""

from __future__ import annotations

import contextlib
import gc
import json
import os
import resource
import selectors
import shutil
import signal
import sys
import tempfile
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from reviewer.plan import rego
from reviewer.scan import checkov_runners, contained, fixing, frames, sandbox
from reviewer.scan.results import MAX_BYTES

Scan = Callable[[dict[str, Any], Path], bytes]
"""What a child does: the request and the tree in, the bytes of a result out."""

POLL_SECONDS = 0.02
EXIT_SECONDS = 0.5
GRAMMAR_SECONDS = 10.0
"""How long after the start the Bicep grammar is built: whoever waits for the first review has the machine till then."""
_PAGE = resource.getpagesize()


@dataclass(slots=True, kw_only=True)
class _Child:
    """A scan under way."""

    id: int
    pid: int
    pipe: int
    scratch: Path
    deadline: float
    memory_bytes: int
    output: bytearray = field(default_factory=bytearray)


def main() -> None:
    """Warm up, say hello, serve until standard input ends."""
    parent = Parent(json.loads(sys.argv[1]), work)
    parent.warm_up()
    parent.say_hello()
    parent.serve()


def work(request: dict[str, Any], tree: Path) -> bytes:
    """Do what a request is for: to put policies to a plan, to fix findings, or to scan."""
    if request["kind"] == "rego":
        return rego.evaluate(request, tree)
    return fixing.fix_unit(request, tree) if "findings" in request else contained.scan_unit(request, tree)


class Parent:
    """The event loop. One thread, because a fork with threads is a fork with locks held by nobody."""

    def __init__(self, told: Mapping[str, Any], scan: Scan) -> None:
        """`told` names the folders `trees` and `scratch`.

        It says whether we are `namespaced`, and whether anything is to be scanned with `checkov`. Takes over descriptor 1.
        """
        self._trees, self._scratch = Path(told["trees"]), Path(told["scratch"])
        self._namespaced = bool(told["namespaced"])
        self._checkov = bool(told.get("checkov", True))
        self._scan = scan
        self._answers = os.dup(1)
        os.dup2(2, 1)  # what a library prints must not look like an answer
        signal.signal(signal.SIGINT, signal.SIG_IGN)
        self._readable = sandbox.readable_paths()
        self._children: dict[int, _Child] = {}  # by pipe
        self._selector = selectors.DefaultSelector()
        self._inbox = frames.Inbox()
        self._grammar_folder = self._scratch / "grammar"
        self._grammar_pipe = self._grammar_builder = -1

    def warm_up(self) -> None:
        """Pay for every first use, then freeze what there is, so that children share it."""
        if not self._checkov:
            return
        self._build_bicep_grammar()  # the process for it starts small, before anything is imported
        gc.disable()  # what is imported stays: looking for garbage in it takes a quarter of the time
        contained.warm_up(self._scratch)
        gc.collect()
        gc.freeze()
        gc.enable()

    def say_hello(self) -> None:
        """Tell the worker that we are ready, and what holds our children."""
        hello = {
            "version": checkov_runners.version(),
            "tools": sorted(checkov_runners.tools()),
            **self._try_to_confine(),
        }
        frames.write(self._answers, frames.Frame(kind=frames.HELLO, payload=json.dumps(hello).encode()))

    def serve(self) -> None:
        """Take requests and watch children until the worker goes away."""
        os.set_blocking(0, False)
        self._selector.register(0, selectors.EVENT_READ)
        if self._grammar_pipe >= 0:
            self._selector.register(self._grammar_pipe, selectors.EVENT_READ)
        while True:
            for key, _ in self._selector.select(POLL_SECONDS if self._children else None):
                if key.fd == self._grammar_pipe:
                    self._load_bicep_grammar()
                elif key.fd == 0:
                    chunk = os.read(0, 1 << 16)
                    if not chunk:
                        self._end_all()
                        return
                    for frame in self._inbox.feed(chunk):
                        self._take(frame)
                elif key.fd in self._children:
                    self._read(self._children[key.fd])
            self._watch()

    def _take(self, frame: frames.Frame) -> None:
        if frame.kind == frames.SCAN:
            self._fork(frame.id, json.loads(frame.payload))
        elif frame.kind == frames.CANCEL:
            for child in [child for child in self._children.values() if child.id == frame.id]:
                self._end(child)

    def _fork(self, id_: int, request: dict[str, Any]) -> None:
        if "findings" in request:
            fixing.prepare(request["rules"])  # once for all children; most reviews of a day need few rows or none
        scratch = self._scratch / str(id_)
        scratch.mkdir(mode=0o700)
        reading, writing = os.pipe()
        pid = os.fork()
        if pid == 0:
            self._be_child(request, scratch, writing)
        os.close(writing)
        os.set_blocking(reading, False)
        limits = request["limits"]
        child = _Child(
            id=id_,
            pid=pid,
            pipe=reading,
            scratch=scratch,
            deadline=time.monotonic() + limits["wall_seconds"],
            memory_bytes=limits["memory_mb"] << 20,
        )
        self._children[reading] = child
        self._selector.register(reading, selectors.EVENT_READ)
        waits_for_grammar = any(scan_as.endswith(".bicep") for scan_as, _ in request["files"])
        self._signal_grammar_builder(signal.SIGCONT if waits_for_grammar else signal.SIGSTOP)

    def _be_child(self, request: dict[str, Any], scratch: Path, pipe: int) -> None:
        """Everything after the fork, to the end of the process: nothing returns into the event loop."""
        answer = b"Fcrash"
        try:
            os.setsid()
            sandbox.close_descriptors(pipe)
            os.environ["TMPDIR"] = os.environ["HOME"] = tempfile.tempdir = str(scratch)
            tree = self._trees / request["tree"]
            limits = request["limits"]
            programs = request["kind"] in checkov_runners.RENDERED
            sandbox.limit(memory_mb=limits["memory_mb"], cpu_seconds=limits["cpu_seconds"], namespaced=self._namespaced)
            sandbox.confine(readable=(*self._readable, tree), writable=(scratch,), programs=programs)
            answer = b"R" + self._scan(request, tree)
        except MemoryError:
            answer = b"Fmemory"
        except BaseException as error:  # noqa: BLE001 (the boundary: whatever it is, it is told and the child ends)
            answer = b"Fcrash " + type(error).__name__.encode()
        finally:
            with contextlib.suppress(BaseException):
                left = memoryview(answer)
                while left:
                    left = left[os.write(pipe, left) :]
            os._exit(0)

    def _read(self, child: _Child) -> None:
        with contextlib.suppress(BlockingIOError):
            chunk = os.read(child.pipe, 1 << 18)
            child.output += chunk
            if not chunk:
                self._finish(child)
            elif len(child.output) > MAX_BYTES:
                self._fail(child, b"output")

    def _watch(self) -> None:
        now = time.monotonic()
        for child in list(self._children.values()):
            if now > child.deadline:
                self._fail(child, b"wall")
            elif _resident(child.pid) > child.memory_bytes:
                self._fail(child, b"memory")

    def _finish(self, child: _Child) -> None:
        """The child closed its pipe: what it wrote is the answer, unless a signal ended it first."""
        killed_by = self._end(child, EXIT_SECONDS)
        if killed_by in (signal.SIGXCPU, signal.SIGKILL) and not child.output:
            self._answer(child, frames.FAILURE, b"cpu")
        elif child.output[:1] == frames.RESULT:
            self._answer(child, frames.RESULT, bytes(child.output[1:]))
        else:
            self._answer(child, frames.FAILURE, bytes(child.output[1:100]) or b"crash")

    def _fail(self, child: _Child, reason: bytes) -> None:
        self._end(child)
        self._answer(child, frames.FAILURE, reason)

    def _answer(self, child: _Child, kind: bytes, payload: bytes) -> None:
        frames.write(self._answers, frames.Frame(kind=kind, id=child.id, payload=payload))

    def _end(self, child: _Child, patience: float = 0.0) -> int:
        """Kill the child with all that it started, reap it, take its things away.

        Returns the signal that it died of by itself within `patience` seconds, else 0.
        """
        self._selector.unregister(child.pipe)
        del self._children[child.pipe]
        os.close(child.pipe)
        until = time.monotonic() + patience
        while not (gone := _has_exited(child.pid)) and time.monotonic() < until:
            time.sleep(0.001)  # a process closes its pipe a little before it can be waited for
        with contextlib.suppress(ProcessLookupError, PermissionError):
            os.killpg(child.pid, signal.SIGKILL)
        with contextlib.suppress(ProcessLookupError):
            os.kill(child.pid, signal.SIGKILL)
        _, status = os.waitpid(child.pid, 0)
        shutil.rmtree(child.scratch, ignore_errors=True)
        if not self._children:
            self._signal_grammar_builder(signal.SIGCONT)
        return os.WTERMSIG(status) if gone and os.WIFSIGNALED(status) else 0

    def _end_all(self) -> None:
        for child in list(self._children.values()):
            self._end(child)

    def _build_bicep_grammar(self) -> None:
        """Let a process of its own do it with idle time; a Bicep file that comes before it is done takes longer."""
        self._grammar_folder.mkdir(mode=0o700)
        self._grammar_pipe, writing = os.pipe()
        self._grammar_builder = os.fork()
        if self._grammar_builder == 0:
            with contextlib.suppress(BaseException):
                sandbox.close_descriptors(writing)
                os.nice(19)
                time.sleep(GRAMMAR_SECONDS)
                checkov_runners.build_bicep_grammar(self._grammar_folder)
            os._exit(0)
        os.close(writing)

    def _signal_grammar_builder(self, number: signal.Signals) -> None:
        """Stop it while somebody waits for another scan, or let it go on: to other sessions it cannot be nice."""
        if self._grammar_pipe >= 0:
            os.kill(self._grammar_builder, number)

    def _load_bicep_grammar(self) -> None:
        self._selector.unregister(self._grammar_pipe)
        os.close(self._grammar_pipe)
        self._grammar_pipe = -1
        os.waitpid(self._grammar_builder, 0)
        if any(self._grammar_folder.iterdir()):
            checkov_runners.share_bicep_parser(self._grammar_folder)
            gc.freeze()

    def _try_to_confine(self) -> dict[str, bool]:
        """Fork a child only to see what holds it."""
        reading, writing = os.pipe()
        pid = os.fork()
        if pid == 0:
            held = sandbox.Confinement()
            with contextlib.suppress(BaseException):
                sandbox.close_descriptors(writing)
                held = sandbox.confine(readable=self._readable, writable=(), programs=False)
            os.write(writing, json.dumps({"landlock": held.landlock, "seccomp": held.seccomp}).encode())
            os._exit(0)
        os.close(writing)
        with os.fdopen(reading, "rb") as pipe:
            found: dict[str, bool] = json.loads(pipe.read() or b"{}")
        os.waitpid(pid, 0)
        return found


def _has_exited(pid: int) -> bool:
    return os.waitid(os.P_PID, pid, os.WEXITED | os.WNOHANG | os.WNOWAIT) is not None


def _resident(pid: int) -> int:
    """Return the bytes that a child has in memory, 0 when it cannot be told."""
    try:
        return int(Path(f"/proc/{pid}/statm").read_text().split()[1]) * _PAGE
    except (OSError, ValueError, IndexError):
        return 0


if __name__ == "__main__":
    main()
