"""A seccomp filter: system calls that no scan needs fail with EPERM, for this process and its children, for good.

Knows nothing of scans. Linux on x86-64 and 64-bit ARM; elsewhere it says that it is not available. See seccomp(2).
"""

from __future__ import annotations

import ctypes
import errno
import os
import platform
import struct
from dataclasses import dataclass

from reviewer.scan.landlock import NotConfined

_PR_SET_SECCOMP, _MODE_FILTER = 22, 2
_LOAD, _EQUAL, _AT_LEAST, _ANY_BIT, _RETURN = 0x20, 0x15, 0x35, 0x45, 0x06  # classic BPF: ld abs, jeq, jge, jset, ret
_NO_BIT = -1  # jset the other way round
_ALLOW, _ERRNO, _KILL = 0x7FFF0000, 0x00050000, 0x80000000
_NR, _ARCH, _FIRST_ARGUMENT, _SECOND_ARGUMENT = 0, 4, 16, 24  # offsets into struct seccomp_data
_CLONE_THREAD = 0x00010000
_CLONE_NEW = 0x7E020000  # CLONE_NEWNS, NEWCGROUP, NEWUTS, NEWIPC, NEWUSER, NEWPID, NEWNET
_AF_UNIX = 1
_X32 = 0x40000000

_EVERYWHERE = (*range(424, 439), 440, 442)  # pidfd_send_signal ... pidfd_getfd, io_uring, new mounts, process_madvise
_CLONE3 = 435


@dataclass(frozen=True, slots=True, kw_only=True)
class _Numbers:
    """System call numbers of one architecture."""

    audit_arch: int
    socket: int
    sockets: tuple[int, ...]  # bind, listen, accept, connect, accept4
    others: tuple[int, ...]  # signals, ptrace, other processes' memory, mounts, keys, bpf, modules, reboot, ...
    sessions: tuple[int, ...]  # setpgid, setsid: what is started stays in the group that is killed as a whole
    programs: tuple[int, ...]  # execve, execveat, fork, vfork
    kill: int
    clone: int
    prlimit: int


_MACHINES = {
    "x86_64": _Numbers(
        audit_arch=0xC000003E,
        socket=41,
        sockets=(49, 50, 43, 42, 288),
        others=(
            *(200, 234, 129, 297, 101, 310, 311, 312, 165, 166, 155, 161, 272, 308, 304),
            *(321, 298, 250, 248, 249, 323, 175, 313, 176, 246, 320, 169, 167, 168, 135),
        ),
        sessions=(109, 112),
        programs=(59, 322, 57, 58),
        kill=62,
        clone=56,
        prlimit=302,
    ),
    "aarch64": _Numbers(
        audit_arch=0xC00000B7,
        socket=198,
        sockets=(200, 201, 202, 203, 242),
        others=(
            *(130, 131, 138, 240, 117, 270, 271, 272, 40, 39, 41, 51, 97, 268, 265),
            *(280, 241, 219, 217, 218, 282, 105, 273, 106, 104, 294, 142, 224, 225, 92),
        ),
        sessions=(154, 157),
        programs=(221, 281),
        kill=129,
        clone=220,
        prlimit=261,
    ),
}


def available() -> bool:
    """Tell whether there is a filter for this machine."""
    return os.name == "posix" and platform.system() == "Linux" and platform.machine() in _MACHINES


def deny(*, programs: bool, local_sockets: bool = True) -> None:
    """Deny sockets, signals, mounts and the like, and starting other programs too if `programs`.

    Threads stay allowed; sockets of the family AF_UNIX too unless `local_sockets`, and then to ask whether a process is
    there, by signal 0, as Terraform asks for its provider. Needs `no_new_privs`. Raises NotConfined.
    """
    if not available():
        raise NotConfined(f"no seccomp filter for {platform.machine()}")
    code = b"".join(_filter(_MACHINES[platform.machine()], programs, local_sockets))
    instructions = ctypes.create_string_buffer(code, len(code))
    program = struct.pack("=H6xQ", len(code) // 8, ctypes.addressof(instructions))
    libc = ctypes.CDLL(None, use_errno=True)
    if libc.prctl(_PR_SET_SECCOMP, ctypes.c_ulong(_MODE_FILTER), program, 0, 0) != 0:
        raise NotConfined(f"seccomp: {os.strerror(ctypes.get_errno())}")


def _filter(numbers: _Numbers, programs: bool, local_sockets: bool) -> list[bytes]:
    denied = (*numbers.others, *numbers.sessions, *(n for n in _EVERYWHERE if n != _CLONE3))
    if local_sockets:
        denied += (numbers.kill, numbers.socket, *numbers.sockets)
    no = _ERRNO | errno.EPERM
    code = [
        _step(_LOAD, _ARCH),
        _step(_EQUAL, numbers.audit_arch, 1, 0),
        _step(_RETURN, _KILL),
        _step(_LOAD, _NR),
        *_when(_AT_LEAST, _X32, no),
    ]
    for number in (*denied, *(numbers.programs if programs else ())):
        code += _when(_EQUAL, number, no)
    # Without clone3 the C library falls back to clone, whose flags a filter can see.
    code += _when(_EQUAL, _CLONE3, _ERRNO | errno.ENOSYS)
    code += _if_argument(numbers.clone, *((_ANY_BIT, _CLONE_THREAD) if programs else (_NO_BIT, _CLONE_NEW)))
    code += _if_argument(numbers.socket, _EQUAL, _AF_UNIX)
    code += _if_argument(numbers.prlimit, _EQUAL, 0)
    code += _if_argument(numbers.kill, _EQUAL, 0, _SECOND_ARGUMENT)
    return [*code, _step(_RETURN, _ALLOW)]


def _if_argument(number: int, test: int, value: int, argument: int = _FIRST_ARGUMENT) -> list[bytes]:
    """Allow one system call if its argument passes a test, else refuse it."""
    passes, fails = (0, 1) if test == _NO_BIT else (1, 0)
    return [
        _step(_EQUAL, number, 0, 4),
        _step(_LOAD, argument),
        _step(_ANY_BIT if test == _NO_BIT else test, value, passes, fails),
        _step(_RETURN, _ERRNO | errno.EPERM),
        _step(_RETURN, _ALLOW),
    ]


def _when(test: int, number: int, verdict: int) -> list[bytes]:
    return [_step(test, number, 0, 1), _step(_RETURN, verdict)]


def _step(code: int, k: int, if_true: int = 0, if_false: int = 0) -> bytes:
    return struct.pack("=HBBI", code, if_true, if_false, k)
