"""The twin that writes nothing goes the same way as the one that writes."""

from __future__ import annotations

from reviewer.gh.dry_run import DryRunClient
from reviewer.gh.publish import announce, conclude
from tests.gh.scenes import before_everything, everything, publish_everything


def test_a_dry_run_writes_nothing_and_notes_what_a_real_run_writes(scene):
    before_everything(scene)
    dry = DryRunClient(scene.client)
    publish_everything(scene, dry)
    assert scene.fake.writes == []
    assert [write.what for write in dry.writes] == [
        "create_check_run",
        "update_check_run",
        "delete_pending_review",
        "create_review",
        "resolve_thread",
        "unresolve_thread",
        "edit_comment",
        "edit_comment",
        "edit_comment",
        "update_check_run",
        "update_check_run",
        "update_check_run",
        "upload_analysis",
    ]


def test_what_a_dry_run_noted_counts_as_standing(scene):
    dry = DryRunClient(scene.client)
    first = announce(dry, scene.request(), "Reviewing", "Wait.")
    assert announce(dry, scene.request(), "Reviewing", "Wait.") == first
    conclude(dry, scene.request(), everything().check_run)
    assert [write.what for write in dry.writes] == ["create_check_run"] + ["update_check_run"] * 3
    assert [run.status for run in dry.check_runs(scene.request().head_sha)] == ["completed"]
