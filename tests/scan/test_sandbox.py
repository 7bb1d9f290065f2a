"""What is put around the scanner, and what is refused when it cannot be."""

from __future__ import annotations

import os
import sys
import time
from pathlib import Path

import pytest

from reviewer import process
from reviewer.scan import frames, landlock, sandbox, seccomp
from reviewer.scan.warm_process import ParentDied, WarmProcess

confined = pytest.mark.skipif(landlock.abi() < 1 or not seccomp.available(), reason="no Landlock or seccomp here")

SHUT_IN = """
import ctypes, sys, os, socket, threading
from pathlib import Path
from reviewer.scan import sandbox
def clone(flags):
    libc = ctypes.CDLL(None, use_errno=True)
    pid = libc.syscall(56 if os.uname().machine == "x86_64" else 220, flags, 0, 0, 0, 0)
    if pid == 0:
        os._exit(0)
    if pid < 0:
        raise OSError(ctypes.get_errno(), os.strerror(ctypes.get_errno()))
read, write = Path(sys.argv[1]), Path(sys.argv[2])
kinds = dict(programs={programs}, local_sockets={sockets})
held = sandbox.confine(readable=[*sandbox.readable_paths(), read], writable=[write], **kinds)
print(held)
def attempt(name, function):
    try:
        function()
        print(name, "did")
    except OSError as error:
        print(name, error.strerror)
thread = threading.Thread(target=lambda: print("thread did"))
thread.start()
thread.join()
attempt("read", lambda: open(sys.argv[1] + "/a").read())
attempt("write", lambda: open(sys.argv[2] + "/b", "w"))
attempt("write read-only", lambda: open(sys.argv[1] + "/b", "w"))
attempt("read outside", lambda: open("/etc/hostname"))
attempt("list root", lambda: os.listdir("/"))
attempt("socket", lambda: socket.socket())
attempt("kill", lambda: os.kill(os.getppid(), 0))
attempt("fork", lambda: os.fork() or os._exit(0))
attempt("session", os.setsid)
attempt("group", lambda: os.setpgid(0, 0))
attempt("socket here", lambda: socket.socket(socket.AF_UNIX).bind(sys.argv[2] + "/s"))
attempt("socket there", lambda: socket.socket(socket.AF_UNIX).bind(sys.argv[1] + "/s"))
attempt("unheard socket", lambda: socket.socket(socket.AF_NETLINK, socket.SOCK_RAW))
attempt("own existence", lambda: os.kill(os.getpid(), 0))
attempt("own signal", lambda: os.kill(os.getpid(), 10))
attempt("namespace", lambda: clone(0x10000000 | 17))
"""


def run_shut_in(tmp_path: Path, *, programs: bool, sockets: bool = False) -> list[str]:
    for name in ("in", "out"):
        (tmp_path / name).mkdir()
    (tmp_path / "in" / "a").write_text("x")
    script = SHUT_IN.format(programs=programs, sockets=sockets)
    argv = [sys.executable, "-c", script, str(tmp_path / "in"), str(tmp_path / "out")]
    env = process.clean_environment({"PYTHONPATH": str(Path(sandbox.__file__).parents[2])})
    done = process.run(argv, env=env, timeout=30)
    assert done.returncode == 0, done.stderr
    return done.stdout.decode().splitlines()


@confined
def test_a_confined_process_has_its_paths_and_its_threads_and_no_more(tmp_path: Path) -> None:
    assert run_shut_in(tmp_path, programs=False) == [
        "landlock + seccomp",
        "thread did",
        "read did",
        "write did",
        "write read-only Permission denied",
        "read outside Permission denied",
        "list root Permission denied",
        "socket Operation not permitted",
        "kill Operation not permitted",
        "fork Operation not permitted",
        "session Operation not permitted",
        "group Operation not permitted",
        "socket here Operation not permitted",
        "socket there Operation not permitted",
        "unheard socket Operation not permitted",
        "own existence Operation not permitted",
        "own signal Operation not permitted",
        "namespace Operation not permitted",
    ]


@confined
def test_a_process_that_needs_programs_may_start_them_and_has_no_socket(tmp_path: Path) -> None:
    said = run_shut_in(tmp_path, programs=True)
    assert "fork did" in said
    assert "socket Operation not permitted" in said


@confined
def test_a_process_with_local_sockets_has_them_in_its_own_folder_and_none_of_the_network(tmp_path: Path) -> None:
    said = run_shut_in(tmp_path, programs=True, sockets=True)
    assert "socket Operation not permitted" in said
    assert said[said.index("fork did") :] == [
        "fork did",
        "session Operation not permitted",
        "group Operation not permitted",
        "socket here did",
        "socket there Permission denied",
        "unheard socket Operation not permitted",
        "own existence did",
        "own signal Operation not permitted",
        "namespace Operation not permitted",
    ]


@pytest.mark.parametrize(
    "held, enough",
    [
        (sandbox.Confinement(bubblewrap=True), True),
        (sandbox.Confinement(landlock=True, seccomp=True), True),
        (sandbox.Confinement(landlock=True), False),
        (sandbox.Confinement(seccomp=True), False),
        (sandbox.Confinement(), False),
    ],
)
def test_enough_is_namespaces_or_landlock_together_with_seccomp(held: sandbox.Confinement, enough: bool) -> None:
    assert held.enough is enough


def test_confinement_reads_as_what_there_is() -> None:
    assert str(sandbox.Confinement(landlock=True, seccomp=True)) == "landlock + seccomp"
    assert str(sandbox.Confinement()) == "nothing"


def test_nothing_with_data_in_it_is_readable() -> None:
    readable = sandbox.readable_paths()
    for private in (Path("/"), Path("/root"), Path("/home"), Path("/etc"), Path("/var"), Path("/tmp"), Path("/proc")):
        assert private not in readable
    assert Path(sandbox.__file__).resolve().parents[2] not in readable


def test_the_command_has_no_network_no_environment_and_no_capability(tmp_path: Path) -> None:
    argv = sandbox.bubblewrap_argv(Path("/usr/bin/bwrap"), tmp_path, {"PATH": "/usr/bin"})
    for option in ("--unshare-all", "--die-with-parent", "--new-session", "--clearenv"):
        assert option in argv
    assert argv[argv.index("--cap-drop") + 1] == "ALL"
    bound = [argv[n + 2] for n, word in enumerate(argv) if word in ("--bind", "--dev-bind")]
    assert bound == []


def test_a_bubblewrap_is_found_by_running_it(tmp_path: Path) -> None:
    program = sandbox.working_bubblewrap(tmp_path)
    if program is None:
        pytest.skip("no user namespaces here")
    argv = sandbox.bubblewrap_argv(program, tmp_path, {"PATH": "/usr/bin:/bin"})
    code = "import os; print(os.listdir('/'), os.listdir('/trees'), os.getuid(), sorted(os.environ))"
    (tmp_path / "seen").mkdir()
    said = process.run([*argv, sys.executable, "-I", "-c", code]).stdout.decode()
    assert "'seen'" in said
    assert "65534" in said
    assert "'root'" not in said or sys.prefix.startswith("/root") or sys.base_prefix.startswith("/root")
    assert "'home'" not in said or sys.base_prefix.startswith("/home")


def test_a_parent_that_does_not_start_says_why() -> None:
    with pytest.raises(ParentDied, match="bad luck"):
        WarmProcess([sys.executable, "-c", "raise SystemExit('bad luck')"], process.clean_environment()).hello()
    with pytest.raises(ParentDied, match="could not be started"):
        WarmProcess(["/nonexistent/program"], process.clean_environment()).hello()


def test_a_parent_that_speaks_nonsense_is_ended() -> None:
    with pytest.raises(ParentDied):
        WarmProcess(
            [sys.executable, "-c", "print('x' * 100, flush=True); input()"], process.clean_environment()
        ).hello()


def test_whoever_waits_is_told_when_the_parent_dies() -> None:
    code = "import os, time; os.write(1, bytes(8) + b'H'); os.write(1, b''); time.sleep(60)"
    code = "import os, time; os.write(1, b'\\0\\0\\0\\2\\0\\0\\0\\0H{}'); time.sleep(60)"
    parent = WarmProcess([sys.executable, "-c", code], process.clean_environment())
    parent.hello()
    answers = parent.ask(1, b"{}")
    os.kill(parent.pid, 9)
    assert answers.get(timeout=10) is None
    deadline = time.monotonic() + 10
    while parent.alive and time.monotonic() < deadline:
        time.sleep(0.01)
    with pytest.raises(ParentDied):
        parent.ask(2, b"{}")
    parent.kill()


def test_frames_come_out_as_they_went_in_however_they_are_cut() -> None:
    sent = [frames.Frame(kind=frames.SCAN, id=7, payload=b"abc"), frames.Frame(kind=frames.CANCEL, id=8)]
    reading, writing = os.pipe()
    for frame in sent:
        frames.write(writing, frame)
    os.close(writing)
    inbox, received = frames.Inbox(), []
    while chunk := os.read(reading, 3):
        received += inbox.feed(chunk)
    os.close(reading)
    assert received == sent


def test_a_frame_that_is_too_long_is_refused() -> None:
    with pytest.raises(frames.BadFrame):
        list(frames.Inbox().feed(b"\xff" * 9))
