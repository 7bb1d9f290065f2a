"""Landlock by three system calls: from here on this process may touch only the paths it was given.

Knows nothing of scans. Linux 5.13 and newer; elsewhere it says that it is not available. See landlock(7).
"""

from __future__ import annotations

import ctypes
import os
import stat
import struct
from collections.abc import Iterable
from pathlib import Path

_CREATE_RULESET, _ADD_RULE, _RESTRICT_SELF = 444, 445, 446  # the same numbers on every architecture
_VERSION_FLAG = 1
_PATH_BENEATH = 1

_EXECUTE, _WRITE_FILE, _READ_FILE, _READ_DIR = 1 << 0, 1 << 1, 1 << 2, 1 << 3
_TRUNCATE, _IOCTL_DEV = 1 << 14, 1 << 15
_ON_FILES = _EXECUTE | _WRITE_FILE | _READ_FILE | _TRUNCATE | _IOCTL_DEV
_READING = _EXECUTE | _READ_FILE | _READ_DIR
_MAKE_SOCKET = 1 << 9
_NEVER = 0b1101 << 9 | 1 << 6  # making devices, sockets, symbolic links
_NET_ACCESS = 0b11  # TCP bind and connect
_SCOPES = 0b11  # abstract UNIX sockets and signals


class NotConfined(Exception):
    """The kernel refused to confine this process."""


def abi() -> int:
    """Return the version of Landlock that the kernel offers; 0 when it has none."""
    return max(0, int(_libc().syscall(_CREATE_RULESET, None, ctypes.c_size_t(0), ctypes.c_uint(_VERSION_FLAG))))


def restrict(readable: Iterable[Path], writable: Iterable[Path], *, sockets: bool = False) -> None:
    """Allow this process and its children nothing of the file system but these paths and what is beneath them.

    `readable` may be read and executed, `writable` also written, and hold UNIX sockets if `sockets`. Paths that do not
    exist are left out. Where the kernel can, TCP and signals to others are cut off too. Needs `no_new_privs`.
    Raises NotConfined.
    """
    version = abi()
    if version < 1:
        raise NotConfined("the kernel has no Landlock")
    files = _handled(version)
    ruleset = _create(version, files)
    try:
        for path in readable:
            _allow(ruleset, path, _READING)
        for path in writable:
            _allow(ruleset, path, files & ~_NEVER | (_MAKE_SOCKET if sockets else 0))
        _check(_libc().syscall(_RESTRICT_SELF, ctypes.c_int(ruleset), ctypes.c_uint(0)), "restrict_self")
    finally:
        os.close(ruleset)


def _handled(version: int) -> int:
    """All file accesses that this version knows: 13 at first, then REFER, TRUNCATE, IOCTL_DEV."""
    bits = 13 + (version >= 2) + (version >= 3) + (version >= 5)
    return (1 << bits) - 1


def _create(version: int, files: int) -> int:
    attribute = struct.pack("=Q", files)
    if version >= 4:
        attribute += struct.pack("=Q", _NET_ACCESS)
    if version >= 6:
        attribute += struct.pack("=Q", _SCOPES)
    ruleset = _libc().syscall(_CREATE_RULESET, attribute, ctypes.c_size_t(len(attribute)), ctypes.c_uint(0))
    return _check(ruleset, "create_ruleset")


def _allow(ruleset: int, path: Path, access: int) -> None:
    try:
        parent = os.open(path, os.O_PATH | os.O_CLOEXEC)
    except OSError:
        return
    try:
        if not stat.S_ISDIR(os.fstat(parent).st_mode):
            access &= _ON_FILES
        rule = struct.pack("=Qi", access & _handled(abi()), parent)
        call = _libc().syscall(_ADD_RULE, ctypes.c_int(ruleset), ctypes.c_int(_PATH_BENEATH), rule, ctypes.c_uint(0))
        _check(call, f"add_rule {path}")
    finally:
        os.close(parent)


def _check(result: int, what: str) -> int:
    if result < 0:
        raise NotConfined(f"landlock {what}: {os.strerror(ctypes.get_errno())}")
    return int(result)


def _libc() -> ctypes.CDLL:
    libc = ctypes.CDLL(None, use_errno=True)
    libc.syscall.restype = ctypes.c_long
    return libc
