"""One file from the host that GitHub redirects to: without our token, by https, counted while it comes.

PyGithub refuses other hosts, and rightly: this is the only request of ours that leaves GitHub's API. The address opens
the file for whoever has it, so it is never logged. Knows nothing of what is in the file.
"""

from __future__ import annotations

import hashlib
import time
from collections.abc import Iterator
from http import HTTPStatus
from urllib.parse import urlsplit

import requests
import urllib3

from reviewer.errors import PlumbruleError, Rejected
from reviewer.process import Stop

CONNECT_SECONDS, READ_SECONDS, ALL_SECONDS = 10.0, 20.0, 120.0
CHUNK_BYTES = 64 << 10


class DownloadFailed(PlumbruleError):
    """The file did not come, or not whole. The message names the host and nothing else of the address."""


class TooLarge(Rejected):
    """The file has more bytes than were allowed; what came of it was dropped."""


def download(url: str, *, most: int, plain_http: bool, stop: Stop) -> bytes:
    """Return the at most `most` bytes at `url`; http only where `plain_http`. Raises DownloadFailed, TooLarge.

    No redirect is followed, and what is packed for the way is refused, for nobody would count it.
    """
    where = urlsplit(url)
    if where.scheme not in ({"https", "http"} if plain_http else {"https"}) or not where.hostname:
        raise DownloadFailed("GitHub redirected to an address that is not https")
    try:
        with requests.get(
            url,
            headers={"User-Agent": "plumbrule", "Accept-Encoding": "identity"},
            auth=_nothing,
            allow_redirects=False,
            stream=True,
            timeout=(CONNECT_SECONDS, READ_SECONDS),
        ) as answer:
            if answer.status_code != HTTPStatus.OK or answer.headers.get("Content-Encoding", "identity") != "identity":
                raise DownloadFailed(f"{where.hostname} answered {answer.status_code}")
            return b"".join(_counted(_chunks(answer), most, stop))
    except (requests.RequestException, urllib3.exceptions.HTTPError, OSError) as error:
        raise DownloadFailed(f"{where.hostname} did not answer in full ({type(error).__name__})") from None


def has_digest(content: bytes, digest: str | None) -> bool:
    """Whether `digest`, such as sha256:0a1b..., is that of `content`; None, and another algorithm, say nothing."""
    algorithm, _, expected = (digest or "").partition(":")
    return algorithm != "sha256" or hashlib.sha256(content).hexdigest() == expected.lower()


def _nothing(request: requests.PreparedRequest) -> requests.PreparedRequest:
    """Authorize nothing: without this, requests would look for a password in ~/.netrc."""
    return request


def _chunks(answer: requests.Response) -> Iterator[bytes]:
    while chunk := answer.raw.read(CHUNK_BYTES, decode_content=False):
        yield chunk


def _counted(chunks: Iterator[bytes], most: int, stop: Stop) -> Iterator[bytes]:
    deadline, length = time.monotonic() + ALL_SECONDS, 0
    for chunk in chunks:
        stop()
        length += len(chunk)
        if length > most:
            raise TooLarge(f"more than {most >> 20} MiB")
        if time.monotonic() > deadline:
            raise DownloadFailed(f"the download took longer than {ALL_SECONDS:.0f} s")
        yield chunk
