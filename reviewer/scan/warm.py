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

from reviewer.plan import hermetic, rego, terraform
from reviewer.scan import checkov_runners, contained, fixing, frames, sandbox
from reviewer.scan.results import MAX_BYTES

Scan = Callable[[dict[str, Any], Path], bytes]
"""What a child does: the request and the tree in, the bytes of a result out."""

PLAN = "plan"
"""The kind of request that Terraform is started for."""

POLL_SECONDS = 0.02
EXIT_SECONDS = 0.5
GRAMMAR_SECONDS = 10.0
"""How long after the start the Bicep grammar is built: whoever waits for the first review has the machine till then."""
GROUP_SECONDS = 0.1
"""How often the programs that children started are measured."""

RESERVED_MB = 4096
"""Addresses that Terraform reserves and does not use."""
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
    programs: bool
    output: bytearray = field(default_factory=bytearray)


def main() -> None:
    """Warm up, say hello, serve until standard input ends."""
    parent = Parent(json.loads(sys.argv[1]), work)
    parent.warm_up()
    parent.say_hello()
    parent.serve()


def work(request: dict[str, Any], tree: Path) -> bytes:
    """Do what a request is for: to plan, to put policies to a plan, to fix findings, or to scan."""
    if request["kind"] == PLAN:
        return hermetic.plan_unit(request, tree)
    if request["kind"] == "rego":
        return rego.evaluate(request, tree)
    return fixing.fix_unit(request, tree) if "findings" in request else contained.scan_unit(request, tree)


class Parent:
    """The event loop. One thread, because a fork with threads is a fork with locks held by nobody."""

    def __init__(self, told: Mapping[str, Any], scan: Scan) -> None:
        """`told` names the folders `trees`, `scratch` and `schemas` and Terraform's `program` ("": none).

        `foreign` are the files of other scanners.

        It says whether we are `namespaced`, and whether anything is to be scanned with `checkov`, too. Takes over
        descriptor 1.
        """
        self._trees, self._scratch = Path(told["trees"]), Path(told["scratch"])
        self._namespaced = bool(told["namespaced"])
        self._checkov = bool(told.get("checkov", True))
        self._scan = scan
        self._answers = os.dup(1)
        os.dup2(2, 1)  # what a library prints must not look like an answer
        signal.signal(signal.SIGINT, signal.SIG_IGN)
        self._program, self._schemas = str(told.get("program") or ""), str(told.get("schemas") or "")
        self._readable = sandbox.readable_paths()
        self._planning = (*self._readable, *(Path(path) for path in (self._program, self._schemas) if path))
        self._others = tuple(Path(path) for path in told.get("foreign") or ())
        self._asked: Callable[[], str] | None = None
        self._measured = 0.0
        self._children: dict[int, _Child] = {}  # by pipe
        self._selector = selectors.DefaultSelector()
        self._inbox = frames.Inbox()
        self._grammar_folder = self._scratch / "grammar"
        self._grammar_pipe = self._grammar_builder = -1

    def warm_up(self) -> None:
        """Pay for every first use, then freeze what there is, so that children share it."""
        self._asked = self._ask_terraform()
        if not self._checkov:
            return
        self._build_bicep_grammar()  # the process for it starts small, before anything is imported
        gc.disable()  # what is imported stays: looking for garbage in it takes a quarter of the time
        contained.warm_up(self._scratch)
        hermetic.warm_up(self._scratch)
        gc.collect()
        gc.freeze()
        gc.enable()

    def say_hello(self) -> None:
        """Tell the worker that we are ready, and what holds our children."""
        hello = {
            "version": checkov_runners.version(),
            "tools": sorted(checkov_runners.tools()),
            "terraform": self._asked() if self._asked else "",
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
            programs=_starts_programs(request),
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
            plans = request["kind"] == PLAN
            sandbox.limit(
                memory_mb=limits["memory_mb"],
                cpu_seconds=limits["cpu_seconds"],
                namespaced=self._namespaced,
                reserved_mb=RESERVED_MB if plans else 0,
            )
            sandbox.confine(
                readable=(*(self._planning if plans else self._readable), *self._needed(request), tree),
                writable=(scratch,),
                programs=_starts_programs(request),
                local_sockets=plans,
            )
            if plans:
                request["plan"] |= {"program": self._program, "schemas": self._schemas}
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

    def _needed(self, request: Mapping[str, Any]) -> tuple[Path, ...]:
        return self._others if request.get("scanners") else ()

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
        measure = now - self._measured >= GROUP_SECONDS
        groups = _resident_by_group() if measure and any(c.programs for c in self._children.values()) else {}
        self._measured = now if measure else self._measured
        for child in list(self._children.values()):
            own = _resident(child.pid)
            if now > child.deadline:
                self._fail(child, b"wall")
            elif max(own, groups.get(child.pid, 0) - own) > child.memory_bytes:  # its programs may have as much again
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

        def confine() -> bytes:
            held = sandbox.confine(readable=self._readable, writable=(), programs=False)
            return json.dumps({"landlock": held.landlock, "seccomp": held.seccomp}).encode()

        found: dict[str, bool] = json.loads(_forked(confine)() or "{}")
        return found

    def _ask_terraform(self) -> Callable[[], str] | None:
        """Have a confined child ask Terraform for its version while we warm up; what is returned waits for it."""
        if not self._program:
            return None
        folder = self._scratch / "version"
        folder.mkdir(mode=0o700)

        def ask() -> bytes:
            sandbox.confine(readable=self._planning, writable=(folder,), programs=True, local_sockets=True)
            return terraform.version(Path(self._program), folder).encode()

        return _forked(ask)


def _starts_programs(request: Mapping[str, Any]) -> bool:
    rendered = request["kind"] in checkov_runners.RENDERED
    return rendered or request["kind"] == PLAN or bool(request.get("scanners"))


def _forked(answer: Callable[[], bytes]) -> Callable[[], str]:
    """Fork a child that answers and ends; what is returned waits for its answer, "" when it has none.

    Whatever the child started ends with it.
    """
    reading, writing = os.pipe()
    pid = os.fork()
    if pid == 0:
        with contextlib.suppress(BaseException):
            os.setsid()
            sandbox.close_descriptors(writing)
            os.write(writing, answer())
        os._exit(0)
    os.close(writing)

    def wait() -> str:
        with os.fdopen(reading, "rb") as pipe:
            said = pipe.read()
        with contextlib.suppress(ProcessLookupError, PermissionError):
            os.killpg(pid, signal.SIGKILL)
        os.waitpid(pid, 0)
        return said.decode("utf-8", "replace")

    return wait


def _has_exited(pid: int) -> bool:
    return os.waitid(os.P_PID, pid, os.WEXITED | os.WNOHANG | os.WNOWAIT) is not None


def _resident(pid: int) -> int:
    """Return the bytes that a child has in memory, 0 when it cannot be told."""
    try:
        return int(Path(f"/proc/{pid}/statm").read_text().split()[1]) * _PAGE
    except (OSError, ValueError, IndexError):
        return 0


def _resident_by_group() -> dict[int, int]:
    """Return the bytes that each process group has in memory. Children lead one each, which nothing in it can leave."""
    found: dict[int, int] = {}
    for entry in os.scandir("/proc"):
        if entry.name.isdigit():
            with contextlib.suppress(OSError, ValueError, IndexError):
                fields = Path(entry.path, "stat").read_bytes().rpartition(b")")[2].split()
                group = int(fields[2])
                found[group] = found.get(group, 0) + int(fields[21]) * _PAGE
    return found


if __name__ == "__main__":
    main()
