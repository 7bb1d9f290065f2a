"""The one door to other programs: a clean environment, a deadline, a size limit, and a way to stop early."""

from __future__ import annotations

import contextlib
import os
import selectors
import signal
import subprocess
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from reviewer.errors import PlumbruleError

Stop = Callable[[], None]
"""Called a few times a second during long work; raises `Superseded` when the work is no longer wanted."""

POLL_SECONDS = 0.2


def never() -> None:
    """A `Stop` that never stops."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Completed:
    """How a program ended. A negative `returncode` is the signal that killed it."""

    returncode: int
    stdout: bytes
    stderr: bytes


class ProgramFailed(PlumbruleError):
    """A program could not be started, ran too long or printed too much. The message has no arguments in it."""


def clean_environment(extra: Mapping[str, str] | None = None) -> dict[str, str]:
    """Return what programs get: a PATH, a neutral locale and home, and `extra`. Nothing of ours leaks."""
    path = os.environ.get("PATH", "/usr/local/bin:/usr/bin:/bin")
    return {"PATH": path, "LANG": "C.UTF-8", "LC_ALL": "C.UTF-8", "HOME": "/nonexistent", **(extra or {})}


def start(
    argv: Sequence[str],
    *,
    env: Mapping[str, str],
    cwd: Path | None = None,
    stderr: int | None = subprocess.PIPE,
    own_session: bool = True,
) -> subprocess.Popen[bytes]:
    """Start a program in a session of its own with pipes on its standard streams. Raises ProgramFailed."""
    try:
        return subprocess.Popen(
            list(argv),
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=stderr,
            env=dict(env),
            cwd=cwd,
            start_new_session=own_session,
        )
    except OSError as error:
        raise ProgramFailed(f"{Path(argv[0]).name} could not be started: {error.strerror}") from error


def kill(process: subprocess.Popen[bytes]) -> None:
    """Kill a program started here with everything in its session, and reap it."""
    with contextlib.suppress(ProcessLookupError):
        os.killpg(process.pid, signal.SIGKILL)
    process.wait()


def run(  # noqa: PLR0913 (the door has many locks)
    argv: Sequence[str],
    *,
    env: Mapping[str, str] | None = None,
    cwd: Path | None = None,
    stdin: bytes = b"",
    timeout: float = 60.0,
    max_output: int = 256 << 20,
    stop: Stop = never,
) -> Completed:
    """Run a program to its end and return what it printed.

    `timeout` is in seconds, `max_output` in bytes over both streams. Raises ProgramFailed when it cannot start, runs
    too long or prints too much, and whatever `stop` raises; the program and its children are dead by then. An exit code
    other than 0 is returned, not raised.
    """
    process = start(argv, env=clean_environment(env), cwd=cwd)
    try:
        return _communicate(process, stdin, time.monotonic() + timeout, max_output, stop)
    finally:
        kill(process)
        for stream in (process.stdin, process.stdout, process.stderr):
            if stream:
                stream.close()


def run_confined(
    argv: Sequence[str], *, env: Mapping[str, str], cwd: Path, timeout: float, max_output: int
) -> Completed:
    """Run a program from a confined process, which may start programs and signal none.

    The program stays in this process's group, whose end is whoever confined it: after ProgramFailed it may still run.
    """
    process = start(argv, env=clean_environment(env), cwd=cwd, own_session=False)
    try:
        return _communicate(process, b"", time.monotonic() + timeout, max_output, never)
    except subprocess.TimeoutExpired as error:
        raise ProgramFailed(f"{Path(argv[0]).name} ran longer than it may") from error
    finally:
        for stream in (process.stdin, process.stdout, process.stderr):
            if stream:
                stream.close()


def _communicate(
    process: subprocess.Popen[bytes], stdin: bytes, deadline: float, max_output: int, stop: Stop
) -> Completed:
    assert process.stdin and process.stdout and process.stderr  # noqa: S101
    name = Path(str(process.args[0])).name if isinstance(process.args, list) else "program"
    out: dict[int, bytearray] = {process.stdout.fileno(): bytearray(), process.stderr.fileno(): bytearray()}
    pending = memoryview(stdin)
    with selectors.DefaultSelector() as selector:
        for fd in out:
            selector.register(fd, selectors.EVENT_READ)
        if pending:
            os.set_blocking(process.stdin.fileno(), False)
            selector.register(process.stdin.fileno(), selectors.EVENT_WRITE)
        else:
            process.stdin.close()
        last_stop = time.monotonic()
        while selector.get_map():
            now = time.monotonic()
            if now > deadline:
                raise ProgramFailed(f"{name} ran longer than it may")
            if now - last_stop >= POLL_SECONDS:
                stop()
                last_stop = now
            for key, _ in selector.select(POLL_SECONDS):
                if key.fd in out:
                    chunk = os.read(key.fd, 1 << 16)
                    out[key.fd] += chunk
                    if not chunk:
                        selector.unregister(key.fd)
                    if sum(map(len, out.values())) > max_output:
                        raise ProgramFailed(f"{name} printed more than {max_output} bytes")
                else:
                    pending = _feed(process, pending, selector)
    returncode = process.wait(timeout=max(0.1, deadline - time.monotonic()))
    stdout, stderr = (bytes(buffer) for buffer in out.values())
    return Completed(returncode=returncode, stdout=stdout, stderr=stderr)


def _feed(process: subprocess.Popen[bytes], pending: memoryview, selector: selectors.BaseSelector) -> memoryview:
    assert process.stdin  # noqa: S101
    try:
        pending = pending[os.write(process.stdin.fileno(), pending[: 1 << 16]) :]
    except BlockingIOError:
        return pending
    except BrokenPipeError:
        pending = pending[:0]
    if not pending:
        selector.unregister(process.stdin.fileno())
        process.stdin.close()
    return pending
