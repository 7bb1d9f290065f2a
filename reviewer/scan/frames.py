"""Messages between the worker and the warm parent: a length, a number, a kind, and bytes.

Owns the framing only; what the bytes mean is for those who send and receive them.
"""

from __future__ import annotations

import os
import struct
from collections.abc import Iterator
from dataclasses import dataclass

from reviewer.errors import PlumbruleError

HELLO, SCAN, CANCEL, RESULT, FAILURE = b"H", b"S", b"C", b"R", b"F"

MAX_FRAME = 80 << 20
_HEAD = struct.Struct(">IIc")


class BadFrame(PlumbruleError):
    """The other side does not speak the protocol."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Frame:
    """One message: `id` is the scan it is about (0 for none)."""

    kind: bytes
    id: int = 0
    payload: bytes = b""


def write(fd: int, frame: Frame) -> None:
    """Write a whole frame to a blocking descriptor. Raises OSError."""
    left = memoryview(_HEAD.pack(len(frame.payload), frame.id, frame.kind) + frame.payload)
    while left:
        left = left[os.write(fd, left) :]


class Inbox:
    """Collects bytes as they come and hands out whole frames."""

    def __init__(self, most: int = MAX_FRAME) -> None:
        self._buffer = bytearray()
        self._most = most

    def feed(self, chunk: bytes) -> Iterator[Frame]:
        """Take the next bytes and yield every frame that is complete now. Raises BadFrame."""
        self._buffer += chunk
        while len(self._buffer) >= _HEAD.size:
            length, id_, kind = _HEAD.unpack_from(self._buffer)
            if length > self._most:
                raise BadFrame("a message is longer than any may be")
            end = _HEAD.size + length
            if len(self._buffer) < end:
                return
            payload = bytes(self._buffer[_HEAD.size : end])
            del self._buffer[:end]
            yield Frame(kind=kind, id=id_, payload=payload)
