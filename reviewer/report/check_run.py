"""The check run named Plumbrule: its verdict, title, summary and annotations, in every case that there is.

Owns what the check says. Must not know how GitHub is told.
"""

from __future__ import annotations

from reviewer.model import Action, CheckRun, Conclusion, Examination
from reviewer.report.annotations import build_annotations
from reviewer.report.comment import build_comments
from reviewer.report.links import Links
from reviewer.report.summary import build_summary, build_title
from reviewer.report.text import code, one_line, prose, sentence
from reviewer.report.tools import Tools, installed_tools

__all__ = ["APPLY", "Links", "build_check_run", "failure", "progress"]


APPLY = Action(
    label="Apply safe fixes", description="One commit with all proved safe fixes", identifier="apply-safe-fixes"
)


def build_check_run(
    examination: Examination, links: Links, tools: Tools | None = None, *, offer_apply: bool = False
) -> CheckRun:
    """Return the concluded check run for `examination`; `offer_apply` says whether its safe fixes may be committed."""
    comments = build_comments(examination)
    told = build_summary(examination, links, tools or installed_tools(), comments=comments, offer_apply=offer_apply)
    return CheckRun(
        conclusion=Conclusion.SUCCESS if examination.verdict.passed else Conclusion.FAILURE,
        title=build_title(examination),
        summary=told,
        annotations=build_annotations(examination, comments),
        actions=(APPLY,) if offer_apply and examination.fixes.safe else (),
    )


def progress() -> tuple[str, str]:
    """Return (title, summary) while the review runs."""
    return "Reviewing", "Plumbrule is reviewing this change. The verdict will stand here."


def _failure_title(title: str) -> str:
    told = one_line(title, 200)
    return told if told.startswith("Not reviewed") else f"Not reviewed: {told}"


def failure(title: str, message: str, reference: str) -> CheckRun:
    """Return the check run for a review that could not be done.

    `title` and `message` are for the author (a traceback in them is cut), `reference` is the review's id.
    """
    reason = message.partition("Traceback (most recent call last)")[0]
    return CheckRun(
        conclusion=Conclusion.FAILURE,
        title=_failure_title(title),
        summary="\n\n".join(
            part
            for part in (
                *(sentence(prose(paragraph, 2000)) for paragraph in reason.split("\n")[:20]),
                "Nothing was found out about this change, so this check does not pass. Press **Re-run** to try again.",
                f"<sub>If it comes back, tell the operator of Plumbrule: reference {code(reference)}.</sub>",
            )
            if part
        ),
    )
