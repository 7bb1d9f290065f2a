"""A warm parent whose children have been taken over: each does what the `attack` of a request says. In the sandbox.

Stands for a hole in a parser: whatever code then runs in the child, this is what it may try.
"""

import json
import os
import signal
import socket
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

from reviewer.scan import warm


def deaf(request: dict[str, Any], tree: Path) -> bytes:
    for number in set(signal.Signals) - {signal.SIGKILL, signal.SIGSTOP}:
        signal.signal(number, signal.SIG_IGN)
    while True:
        time.sleep(1)


def hungry(request: dict[str, Any], tree: Path) -> bytes:
    hoard = []
    while True:
        hoard.append(bytearray(b"x" * (16 << 20)))


def busy(request: dict[str, Any], tree: Path) -> bytes:
    while True:
        pass


def talkative(request: dict[str, Any], tree: Path) -> bytes:
    return b"x" * (65 << 20)


def silent(request: dict[str, Any], tree: Path) -> bytes:
    os._exit(3)


def liar(request: dict[str, Any], tree: Path) -> bytes:
    return b'{"findings": "none"}'


def curious(request: dict[str, Any], tree: Path) -> bytes:
    """Try to read, write, speak and start things; say how each attempt ended."""
    attempts = {
        "own tree": (tree / "main.tf").read_text,
        "other tree": (tree.parent / "other" / "main.tf").read_text,
        "list trees": lambda: os.listdir(tree.parent),
        "passwd": lambda: Path("/etc/passwd").read_text(),
        "own environment": lambda: Path("/proc/self/environ").read_text(),
        "parent's environment": lambda: Path(f"/proc/{os.getppid()}/environ").read_text(),
        "init's environment": lambda: Path("/proc/1/environ").read_text(),
        "parent's memory": lambda: os.open(f"/proc/{os.getppid()}/mem", os.O_RDWR),
        "write tree": lambda: (tree / "main.tf").write_text("x"),
        "write tmp": lambda: Path("/tmp/escape").write_text("x"),
        "write package": lambda: (Path(warm.__file__).parent / "escape.py").write_text("x"),
        "link": lambda: os.symlink("/etc/passwd", Path(os.environ["TMPDIR"]) / "link"),
        "own scratch": lambda: (Path(os.environ["TMPDIR"]) / "note").write_text("x"),
        "tcp": lambda: socket.create_connection(("127.0.0.1", request["port"]), timeout=1),
        "udp": lambda: socket.socket(socket.AF_INET, socket.SOCK_DGRAM).sendto(b"x", ("127.0.0.1", request["port"])),
        "unix": lambda: socket.socket(socket.AF_UNIX),
        "fork": os.fork,
        "program": lambda: subprocess.run(["/bin/true"], check=True),
        "kill parent": lambda: os.kill(os.getppid(), signal.SIGKILL),
        "namespace": lambda: _call(272 if os.uname().machine == "x86_64" else 97),
        "descriptors": lambda: sorted(int(fd) for fd in os.listdir("/proc/self/fd")),
    }
    answers = {"environment": sorted(os.environ)}
    for name, attempt in attempts.items():
        try:
            answers[name] = ["did", str(attempt())[:300]]
        except OSError as error:
            answers[name] = ["failed", type(error).__name__]
    return json.dumps(answers).encode()


def _call(number: int) -> int:
    import ctypes

    libc = ctypes.CDLL(None, use_errno=True)
    if libc.syscall(number, 0x10000000) != 0:
        raise OSError(ctypes.get_errno(), "unshare")
    return 0


def attack(request: dict[str, Any], tree: Path) -> bytes:
    """Do what the request says."""
    attacks = (deaf, hungry, busy, talkative, silent, liar, curious)
    return {function.__name__: function for function in attacks}[request["attack"]](request, tree)


if __name__ == "__main__":
    parent = warm.Parent(json.loads(sys.argv[1]), attack)
    parent.say_hello()
    parent.serve()
