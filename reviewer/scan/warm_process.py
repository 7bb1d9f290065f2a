"""The worker's end of one warm parent: started, spoken to, killed. Nothing that comes out of it is believed yet.

Owns the process and the thread that reads it. Knows frames, not findings.
"""

from __future__ import annotations

import contextlib
import json
import os
import queue
import tempfile
import threading
from collections.abc import Mapping, Sequence
from typing import IO, TYPE_CHECKING

from reviewer import process
from reviewer.errors import PlumbruleError
from reviewer.scan import frames

if TYPE_CHECKING:
    import subprocess

START_SECONDS = 120.0


class ParentDied(PlumbruleError):
    """The warm parent is gone: what it was doing has no answer."""


class WarmProcess:
    """One warm parent, started at once; it warms up while its starter does something else."""

    def __init__(self, argv: Sequence[str], env: Mapping[str, str]) -> None:
        self._waiting: dict[int, queue.SimpleQueue[frames.Frame | None]] = {}
        self._lock = threading.Lock()
        self._ready: queue.SimpleQueue[frames.Frame | None] = queue.SimpleQueue()
        self._log: IO[bytes] = tempfile.TemporaryFile()  # noqa: SIM115 (lives as long as the process)
        self._last_words = "it said nothing"
        self._process: subprocess.Popen[bytes] | None = None
        # The thread that starts the program must live as long as it: that is whose death bubblewrap watches for.
        self._thread = threading.Thread(target=self._keep, args=(argv, env), name="warm-scanner", daemon=True)
        self._thread.start()

    def hello(self) -> dict[str, object]:
        """Wait until it is warm and return what it says then; to be called once, before anything is asked.

        Raises ParentDied with the last words of it.
        """
        try:
            hello = self._ready.get(timeout=START_SECONDS)
        except queue.Empty:
            hello = None
        if hello is None:
            self.kill()
            raise ParentDied(f"the scanner did not start: {self._last_words}")
        said: dict[str, object] = json.loads(hello.payload)
        return said

    @property
    def pid(self) -> int:
        """The process id of the program that was started."""
        return self._process.pid if self._process else 0

    @property
    def alive(self) -> bool:
        """Tell whether it can still be asked."""
        return self._thread.is_alive()

    def ask(self, id_: int, payload: bytes) -> queue.SimpleQueue[frames.Frame | None]:
        """Send a scan request and return where its answer will be put; None there means that the parent died."""
        answers: queue.SimpleQueue[frames.Frame | None] = queue.SimpleQueue()
        with self._lock:
            if not self.alive:
                raise ParentDied("the scanner ended")
            self._waiting[id_] = answers
            self._send(frames.Frame(kind=frames.SCAN, id=id_, payload=payload))
        return answers

    def cancel(self, id_: int) -> None:
        """Say that nobody waits for this scan any more."""
        with self._lock:
            self._waiting.pop(id_, None)
            self._send(frames.Frame(kind=frames.CANCEL, id=id_))

    def kill(self) -> None:
        """End it with all its children. Whoever waits is told."""
        if self._process:
            process.kill(self._process)
        self._thread.join(timeout=10)

    def _send(self, frame: frames.Frame) -> None:
        if self._process and self._process.stdin:
            with contextlib.suppress(OSError, ValueError):
                frames.write(self._process.stdin.fileno(), frame)

    def _keep(self, argv: Sequence[str], env: Mapping[str, str]) -> None:
        try:
            self._process = process.start(argv, env=env, stderr=self._log.fileno())
            self._read(self._process)
        except process.ProgramFailed as error:
            self._last_words = str(error)
        except (OSError, frames.BadFrame):
            pass
        finally:
            self._end()

    def _end(self) -> None:
        if self._process:
            process.kill(self._process)
            with self._lock:  # nobody may write to a descriptor that has become another's
                for stream in (self._process.stdin, self._process.stdout):
                    if stream:
                        with contextlib.suppress(OSError):
                            stream.close()
        self._log.seek(0)
        if lines := self._log.read()[-4000:].decode("utf-8", "replace").strip().splitlines():
            self._last_words = lines[-1][:500]
        self._log.close()
        self._ready.put(None)
        with self._lock:
            for answers in self._waiting.values():
                answers.put(None)
            self._waiting.clear()

    def _read(self, program: subprocess.Popen[bytes]) -> None:
        assert program.stdout  # noqa: S101
        inbox = frames.Inbox()
        while chunk := os.read(program.stdout.fileno(), 1 << 18):
            for frame in inbox.feed(chunk):
                if frame.kind == frames.HELLO:
                    self._ready.put(frame)
                else:
                    with self._lock:
                        answers = self._waiting.pop(frame.id, None)
                    if answers:
                        answers.put(frame)
