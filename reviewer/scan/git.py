"""The one door to git: what it may do, what it may not, and what its failures mean.

Every call gets a clean environment, no configuration but ours and the repository's own, no hooks, no prompts, no
helpers, and no way to reach a network that the caller did not name. Knows nothing of commits or files.
"""

from __future__ import annotations

import base64
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

from reviewer import process
from reviewer.errors import Gone, PlumbruleError, Rejected, Transient
from reviewer.process import Completed, Stop, never

READ_SECONDS = 120.0
FETCH_SECONDS = 600.0
MAX_OUTPUT = 512 << 20
TEXT_LIMIT = "1m"
"""Git shows no lines of larger files in a diff, and neither does GitHub."""

_CONFIG = (
    ("core.hooksPath", "/dev/null"),
    ("core.attributesFile", "/dev/null"),
    ("core.excludesFile", "/dev/null"),
    ("core.fsmonitor", "false"),
    ("core.quotePath", "false"),
    ("core.bigFileThreshold", TEXT_LIMIT),
    ("safe.directory", "*"),
    ("credential.helper", ""),
    ("gc.auto", "0"),
    ("maintenance.auto", "false"),
    ("submodule.recurse", "false"),
    ("protocol.allow", "never"),
)
_ENVIRONMENT = {
    "GIT_ASKPASS": "",
    "GIT_ATTR_NOSYSTEM": "1",
    "GIT_CONFIG_GLOBAL": "/dev/null",
    "GIT_CONFIG_NOSYSTEM": "1",
    "GIT_LITERAL_PATHSPECS": "1",
    "GIT_NO_LAZY_FETCH": "1",
    "GIT_NO_REPLACE_OBJECTS": "1",
    "GIT_OPTIONAL_LOCKS": "0",
    "GIT_TERMINAL_PROMPT": "0",
}


class GitFailed(PlumbruleError):
    """Git ended with an error in a repository on this machine. The message is git's first line, without secrets."""


class TokenRefused(Rejected):
    """GitHub did not take the token: it ended early, or its permissions are not enough."""


class Damaged(GitFailed):
    """Objects that must be there are missing or do not read: the clone is to be fetched anew."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Git:
    """How to call git on the repository whose git directory is `directory`. Nothing secret shows in its `repr`."""

    directory: Path
    config: tuple[tuple[str, str], ...] = field(default=(), repr=False)
    environment: Mapping[str, str] = field(default_factory=dict, repr=False)
    stop: Stop = never

    def having(self, *config: tuple[str, str], **environment: str) -> Git:
        """Return the same git with more configuration and environment."""
        return replace(self, config=self.config + config, environment={**self.environment, **environment})

    def try_run(self, *args: str, stdin: bytes = b"", timeout: float = READ_SECONDS) -> Completed:
        """Run `git ARGS` and return how it ended. Raises ProgramFailed, and whatever `stop` raises."""
        environment = {"GIT_DIR": str(self.directory)} | self._environment()
        return self._run(args, environment=environment, stdin=stdin, timeout=timeout)

    def discover(self, *args: str) -> Completed:
        """Run `git ARGS` in whatever repository the folder `directory` belongs to."""
        return self._run(("-C", str(self.directory), *args), environment=self._environment())

    def run(self, *args: str, stdin: bytes = b"", timeout: float = READ_SECONDS) -> bytes:
        """Run `git ARGS` on local objects and return its output. Raises GitFailed, Damaged, ProgramFailed."""
        done = self.try_run(*args, stdin=stdin, timeout=timeout)
        if done.returncode:
            raise local_failure(args[0], done.stderr)
        return done.stdout

    def _run(
        self, args: Sequence[str], *, environment: Mapping[str, str], stdin: bytes = b"", timeout: float = READ_SECONDS
    ) -> Completed:
        return process.run(
            ("git", *args), env=environment, stdin=stdin, timeout=timeout, max_output=MAX_OUTPUT, stop=self.stop
        )

    def _environment(self) -> dict[str, str]:
        pairs = _CONFIG + self.config
        keys = {f"GIT_CONFIG_KEY_{n}": key for n, (key, _) in enumerate(pairs)}
        values = {f"GIT_CONFIG_VALUE_{n}": value for n, (_, value) in enumerate(pairs)}
        return _ENVIRONMENT | {"GIT_CONFIG_COUNT": str(len(pairs))} | keys | values | dict(self.environment)


def network_config(url: str, token: str | None) -> tuple[tuple[str, str], ...]:
    """Return the configuration that lets git fetch from `url`, as the remote `origin`, and from nowhere else.

    The remote is a promisor only here, never in the repository's own file: a command without this configuration cannot
    fetch a missing object behind our back, whatever git's version. Redirects are refused, for they would carry the
    token elsewhere. Objects are not checked with fsck: nothing is ever checked out, and repositories with old, odd
    commits must stay reviewable; odd names are dealt with where files are written.
    """
    scheme = url.partition("://")[0]
    config = (
        (f"protocol.{scheme}.allow", "always"),
        ("remote.origin.url", url),
        ("remote.origin.promisor", "true"),
        ("remote.origin.partialclonefilter", "blob:none"),
        ("http.followRedirects", "false"),
        ("http.lowSpeedLimit", "1000"),
        ("http.lowSpeedTime", "60"),
        ("transfer.fsckObjects", "false"),
        ("fetch.writeCommitGraph", "false"),
    )
    if token is None:
        return config
    credentials = base64.b64encode(f"x-access-token:{token}".encode()).decode()
    return (*config, (f"http.{url}.extraHeader", f"Authorization: Basic {credentials}"))


_DAMAGE = re.compile(
    r"corrupt|bad (object|tree|pack|signature)|inflate|loose object|unable to read|not a git repository|is empty$|"
    r"missing (blob|tree|commit|object)|not a (valid object|tree)|does not (match index|point to a valid object)|"
    r"packfile .* cannot be accessed|index file .* (is too small|is not supported)|"
    r"failed to traverse parents|shallow file",
    re.IGNORECASE | re.MULTILINE,
)
_GONE = re.compile(
    r"couldn't find remote ref|not our ref|no such remote ref|does not appear to be a git repository|"
    r"repository .*not found|error: (404|410|451)\b",
    re.IGNORECASE,
)
_REFUSED = re.compile(
    r"Authentication failed|error: 40[13]\b|could not read (Username|Password)|access to repository not granted",
    re.IGNORECASE,
)
_MOVED = re.compile(r"unable to update url base from redirection|error: 30[1278]\b", re.IGNORECASE)


def local_failure(command: str, stderr: bytes) -> GitFailed:
    """Return what a failed command on local objects means."""
    line = first_line(stderr)
    kind = Damaged if _DAMAGE.search(stderr.decode("utf-8", "replace")) else GitFailed
    return kind(f"git {command} failed: {line}")


def fetch_failure(stderr: bytes) -> PlumbruleError:
    """Return what a failed fetch means: Gone, Rejected, TokenRefused, Damaged; Transient for all that may pass."""
    text = stderr.decode("utf-8", "replace")
    line = first_line(stderr)
    if _MOVED.search(text):
        return Rejected("The repository was renamed or moved while the review ran: re-run the check.")
    if _REFUSED.search(text):
        return TokenRefused(
            "GitHub does not let the App read the repository's files: the installation needs the permission "
            '"Contents: read" and access to this repository.'
        )
    if _GONE.search(text):
        return Gone(f"the branch, commit or repository is no longer there: {line}")
    ours = "\n".join(said for said in text.splitlines() if not said.startswith("remote:"))
    if _DAMAGE.search(ours):
        return Damaged(f"git fetch failed: {line}")
    return Transient(f"git could not fetch from GitHub: {line}")


def first_line(stderr: bytes) -> str:
    """Return the line of git's complaint that says most, fit for a log: no address, no credentials, at most 300."""
    lines = [line for line in stderr.decode("utf-8", "replace").splitlines() if line.strip()]
    worst = [line for line in lines if line.startswith(("fatal:", "error:"))]
    line = (worst or lines or ["no reason given"])[0]
    line = re.sub(r"\w+://\S+", "(address)", line)
    line = re.sub(r"(?i)authorization:.*|\b(basic|bearer) \S+|gh[a-z]_\S+", "(secret)", line)
    return "".join(c if c.isprintable() else "?" for c in line)[:300]
