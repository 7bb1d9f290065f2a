"""What is published in these tests, and the picture of what stands afterwards."""

from __future__ import annotations

from reviewer.gh.publish import announce, publish, upload_sarif
from reviewer.model import Annotation, CheckRun, Conclusion, InlineComment, Level, Publication, Span
from reviewer.report.markers import comment_marker
from tests.gh.conftest import SECOND

WRITES = (
    "create_check_run",
    "update_check_run",
    "create_review",
    "delete_pending_review",
    "edit_comment",
    "resolve_thread",
    "unresolve_thread",
    "upload_analysis",
)


class Crash(Exception):
    """The process died."""


class Crashing:
    """A surface whose process dies at its `at`-th write, after GitHub carried it out."""

    def __init__(self, real, at):
        self.real, self.left = real, at

    def __getattr__(self, name):
        method = getattr(self.real, name)
        if name not in WRITES:
            return method

        def write(*arguments):
            result = method(*arguments)
            self.left -= 1
            if self.left == 0:
                raise Crash(name)
            return result

        return write


def comment(key, line, text="is open", fingerprints=None):
    key = key.encode().hex()
    fingerprints = tuple(f.encode().hex() for f in fingerprints) if fingerprints else (key,)
    body = f"**High · {text}**\n\nClose it.\n\n{comment_marker(key, fingerprints)}"
    return InlineComment(key=key, fingerprints=fingerprints, path="main.tf", line=line, body=body)


def annotations(count):
    return tuple(
        Annotation(
            span=Span(path="main.tf", start_line=line, end_line=line),
            level=Level.WARNING,
            title="t",
            message=f"m {line}",
        )
        for line in range(1, count + 1)
    )


def publication(*comments, present=(), marks=0, conclusion=Conclusion.FAILURE, summary="### Blocked"):
    found = frozenset(f for c in comments for f in c.fingerprints) | {p.encode().hex() for p in present}
    check_run = CheckRun(conclusion=conclusion, title="Blocked", summary=summary, annotations=annotations(marks))
    return Publication(check_run=check_run, comments=comments, present=found)


def current():
    """Nothing newer came."""


def full(scene, generation=1):
    """Announce the review of the present head and return its request."""
    announce(scene.client, scene.request(generation), "Reviewing", "Wait.")
    return scene.request(generation)


def leave_pending(scene):
    """A review of ours that was never submitted."""
    scene.client._write("POST", f"/pulls/{scene.pull.number}/reviews", {"body": "x"}, needs="")
    assert scene.pull.reviews[-1].state == "PENDING"


def before_everything(scene):
    """A pull request whose next review needs every kind of write there is."""
    scene.installation.permissions["contents"] = "write"
    publish(scene.client, full(scene), publication(*(comment(*c) for c in [("a", 11), ("b", 12), ("c", 13)])), current)
    publish(scene.client, full(scene, 2), publication(comment("a", 11), comment("b", 12)), current)
    scene.fake.push_to(scene.pull, SECOND, tell=False)
    leave_pending(scene)
    announce(scene.client, scene.request(3), "Reviewing", "Wait.")
    scene.fresh_github()
    scene.fake.wire.log.clear()


def everything():
    """`a` changed, `b` is gone, `c` came back, `d` is new, `e` has no place; three batches of annotations."""
    said = (comment("a", 11, text="is wide open"), comment("c", 13), comment("d", 13), comment("e", 55))
    return publication(*said, marks=120)


def publish_everything(scene, client=None, still_current=current):
    """All that a review writes, in the order of a review."""
    client = client or scene.client
    announce(client, scene.request(4), "Reviewing", "Wait.")
    publish(client, scene.request(4), everything(), still_current)
    upload_sarif(client, scene.request(4), {"version": "2.1.0", "runs": []})


def picture(pull):
    """What a person sees on the pull request, without times and ids."""
    seen = {
        "reviews": [(r.user.login, r.state, r.body) for r in pull.reviews],
        "comments": sorted((c.user.login, c.path, c.original_line, c.resolved, c.body) for c in pull.comments),
        "check runs": [run_picture(run) for run in pull.repo.check_runs],
        "sarif": sorted({(upload.commit_sha, upload.ref) for upload in pull.repo.sarif_uploads}),
    }
    shown = repr(seen).replace(f"rv:{pull.repo.id}#", "rv:REPO#")
    for number, sha in enumerate(dict.fromkeys([pull.head_sha, *(r.commit_sha for r in pull.reviews)])):
        shown = shown.replace(sha, f"COMMIT {number}").replace(sha[:7], f"commit {number}")
    return shown


def run_picture(run):
    """What a person sees of a check run."""
    marks = sorted((a.path, a.start_line, a.end_line, a.annotation_level, a.title, a.message) for a in run.annotations)
    shown = (
        run.name,
        run.head_sha,
        run.external_id,
        run.status,
        run.conclusion,
        run.title,
        run.summary,
        run.text or "",
    )
    return (*map(str, shown), marks)
