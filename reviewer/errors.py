"""What can go wrong, by what is to be done about it."""

from __future__ import annotations


class PlumbruleError(Exception):
    """Anything that Plumbrule raises on purpose."""


class Transient(PlumbruleError):
    """It may work later: the job tries again with backoff.

    `retry_after` is the least wait in seconds that the other side asked for, if it did.
    """

    def __init__(self, message: str, *, retry_after: float | None = None) -> None:
        super().__init__(message)
        self.retry_after = retry_after


class Rejected(PlumbruleError):
    """It will not work until a person mends it. The message is for that person, and stands where they look."""


class Superseded(PlumbruleError):
    """A newer head, a closed pull request or a cancel made this review pointless: stop, publish nothing."""


class Gone(PlumbruleError):
    """The repository, branch or installation is no longer there (or no longer ours): stop, there is nobody to tell."""


class Misconfigured(PlumbruleError):
    """The operator's settings are wrong. `problems` has one line for each, naming the variable or file."""

    def __init__(self, problems: tuple[str, ...]) -> None:
        super().__init__("\n".join(problems))
        self.problems = problems
