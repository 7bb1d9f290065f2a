"""What every editor takes and gives. An editor is a module with the functions `locate`, `matches`, `edit` and `check`.

    locate(files, finding) -> Place           where in the original text the finding is; raises CannotEdit
    matches(files, place, recipe) -> bool     whether the recipe's `when` holds there
    edit(files, place, recipe, values) -> Edited    the recipe applied to `files`, which may have been edited since
                                              `locate`; raises CannotEdit
    check(recipe) -> None                     raises ValueError when the recipe's edit is not well formed

`files` maps paths in the repository to bytes: all files of a scan unit. `values` has what the policy chose, by the name
of the choice, as text (a list for list(string)).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Protocol

from reviewer.errors import PlumbruleError
from reviewer.fix.recipes import Choice

Files = Mapping[str, bytes]


class CannotEdit(PlumbruleError):
    """No edit is right here. The message is one sentence for the author: what the value comes from, and where."""


class Place(Protocol):
    """Where a finding is, in terms that survive other edits (names and positions in the tree, never lines)."""

    @property
    def type(self) -> str:
        """What recipes are chosen by: aws_s3_bucket, Deployment, AWS::S3::Bucket, RUN, workflow."""

    @property
    def name(self) -> str:
        """The thing's own name, for texts: logs."""

    @property
    def address(self) -> str:
        """The name by which the same file refers to it: aws_s3_bucket.logs."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Values:
    """What stands for `choice.NAME`: a value of the policy where there is one, else a new variable."""

    choices: Mapping[str, Choice]
    chosen: Mapping[str, str | Sequence[str]] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Edited:
    """The files that an edit changed, and what it asks the author for."""

    files: Files  # changed ones only; empty when all was so already
    inputs: tuple[str, ...] = ()  # variables (parameters) without a value that it added or refers to
