"""A pull request says what it should, whatever stood there and whatever happens on the way."""

from __future__ import annotations

from dataclasses import replace

import pytest

from reviewer.gh.publish import announce, conclude, publish
from reviewer.model import CheckRun, Conclusion
from reviewer.report.markers import is_mended, review_marker
from tests.gh.conftest import SECOND
from tests.gh.scenes import annotations, comment, current, full, leave_pending, publication


def writes(scene):
    return [(r.method, r.path.rpartition("/infra")[2]) for r in scene.fake.writes]


# --- the check run


def test_announcing_shows_the_check_run_in_progress_at_once(scene):
    run_id = announce(scene.client, scene.request(), "Reviewing", "Wait.")
    run = scene.pull.check_run
    assert (run.id, run.name, run.status, run.title) == (run_id, "Plumbrule", "in_progress", "Reviewing")
    assert run.external_id == scene.request().id


def test_announcing_again_writes_nothing(scene):
    first = announce(scene.client, scene.request(), "Reviewing", "Wait.")
    again = announce(scene.client, scene.request(), "Reviewing", "Wait.")
    assert first == again
    assert len(writes(scene)) == 1


def test_announcing_a_finished_review_reopens_its_check_run(scene):
    conclude(scene.client, scene.request(), publication().check_run)
    announce(scene.client, scene.request(), "Reviewing", "Wait.")
    assert (scene.pull.check_run.status, scene.pull.check_run.conclusion) == ("in_progress", None)


def test_a_newer_review_of_the_same_head_gets_its_own_check_run_and_calls_the_older_off(scene):
    announce(scene.client, scene.request(1), "Reviewing", "Wait.")
    announce(scene.client, scene.request(2), "Reviewing", "Wait.")
    assert [(run.status, run.conclusion) for run in scene.pull.check_runs] == [
        ("completed", "cancelled"),
        ("in_progress", None),
    ]


def test_an_older_review_that_announces_late_calls_nothing_off(scene):
    announce(scene.client, scene.request(2), "Reviewing", "Wait.")
    announce(scene.client, scene.request(1), "Reviewing", "Wait.")
    assert {run.status for run in scene.pull.check_runs} == {"in_progress"}


def test_a_finished_check_run_stays_when_a_person_asks_for_a_re_run(scene):
    request = full(scene)
    publish(scene.client, request, publication(), current)
    scene.fake.rerun(scene.repo, scene.pull.check_run, tell=False)
    publish(scene.client, full(scene, 2), publication(conclusion=Conclusion.SUCCESS), current)
    assert [run.conclusion for run in scene.pull.check_runs] == ["cancelled", "success"]


def test_the_conclusion_stands_with_title_summary_and_text(scene):
    check_run = CheckRun(conclusion=Conclusion.SUCCESS, title="Passed", summary="### Passed", text="All of it.")
    conclude(scene.client, scene.request(), check_run)
    run = scene.pull.check_run
    assert (run.conclusion, run.title, run.summary, run.text) == ("success", "Passed", "### Passed", "All of it.")


def test_concluding_again_writes_nothing(scene):
    full(scene)
    conclude(scene.client, scene.request(), publication(marks=3).check_run)
    before = writes(scene)
    conclude(scene.client, scene.request(), publication(marks=3).check_run)
    assert writes(scene) == before


@pytest.mark.parametrize(("count", "patches"), [(0, 1), (50, 1), (51, 2), (149, 3)])
def test_annotations_go_in_batches_of_fifty_and_the_conclusion_with_the_last(scene, count, patches):
    full(scene)
    publish(scene.client, scene.request(), publication(marks=count), current)
    assert len(scene.pull.check_run.annotations) == count
    sent = [r.body for r in scene.fake.requests if r.method == "PATCH"]
    assert [body.get("conclusion") for body in sent] == [None] * (patches - 1) + ["failure"]


def test_annotations_that_stand_are_not_sent_again(scene):
    full(scene)
    publish(scene.client, scene.request(), publication(marks=60), current)
    publish(scene.client, scene.request(), publication(marks=70), current)
    assert len(scene.pull.check_run.annotations) == 70


def test_equal_annotations_stand_as_often_as_they_come(scene):
    full(scene)
    twice = replace(publication().check_run, annotations=annotations(2) * 2)
    for _ in range(2):
        conclude(scene.client, scene.request(), twice)
    assert len(scene.pull.check_run.annotations) == 4


# --- comments


def test_comments_stand_in_one_review_of_the_head(scene):
    publish(scene.client, full(scene), publication(comment("a", 11), comment("b", 13)), current)
    assert scene.pull.review.body == review_marker(scene.pull.head_sha)
    assert scene.pull.review.state == "COMMENTED"
    assert [c.line for c in scene.pull.comments] == [11, 13]


def test_publishing_again_writes_nothing(scene):
    said = publication(comment("a", 11), comment("b", 13), marks=3)
    publish(scene.client, full(scene), said, current)
    before = writes(scene)
    assert publish(scene.client, scene.request(), said, current).writes == 0
    assert writes(scene) == before


def test_a_pull_request_without_findings_gets_no_review(scene):
    publish(scene.client, full(scene), publication(conclusion=Conclusion.SUCCESS), current)
    assert scene.pull.reviews == []
    assert scene.pull.check_run.conclusion == "success"


def test_on_the_next_push_nothing_is_repeated(scene):
    said = publication(comment("a", 11))
    publish(scene.client, full(scene), said, current)
    scene.fake.push_to(scene.pull, SECOND, tell=False)
    publish(scene.client, full(scene, 2), said, current)
    assert len(scene.pull.comments) == 1
    assert len(scene.pull.reviews) == 1


def test_on_the_next_push_only_what_is_new_is_said(scene):
    publish(scene.client, full(scene), publication(comment("a", 11)), current)
    scene.fake.push_to(scene.pull, SECOND, tell=False)
    publish(scene.client, full(scene, 2), publication(comment("a", 11), comment("b", 13)), current)
    assert [len([c for c in scene.pull.comments if c.review is review]) for review in scene.pull.reviews] == [1, 1]


def test_a_second_review_of_the_same_head_says_what_is_new_in_annotations(scene):
    publish(scene.client, full(scene), publication(comment("a", 11)), current)
    report = publish(scene.client, full(scene, 2), publication(comment("a", 11), comment("b", 13)), current)
    assert report.unplaced == 1
    assert len(scene.pull.reviews) == 1
    assert [a.start_line for a in scene.pull.check_runs[-1].annotations] == [13]


def test_a_comment_whose_finding_is_gone_is_mended_and_comes_back_with_it(scene):
    publish(scene.client, full(scene), publication(comment("a", 11)), current)
    publish(scene.client, full(scene, 2), publication(), current)
    (said,) = scene.pull.comments
    assert is_mended(said.body)
    publish(scene.client, full(scene, 3), publication(comment("a", 11)), current)
    (said,) = scene.pull.comments
    assert said.body == comment("a", 11).body


def test_a_comment_that_is_no_longer_wanted_stays_while_its_finding_is_there(scene):
    publish(scene.client, full(scene), publication(comment("a", 11)), current)
    publish(scene.client, full(scene, 2), publication(present=["a"]), current)
    assert not is_mended(scene.pull.comments[0].body)


def test_threads_stay_open_and_nobody_is_bothered_where_the_app_may_not_write_contents(scene):
    publish(scene.client, full(scene), publication(comment("a", 11)), current)
    publish(scene.client, full(scene, 2), publication(), current)
    assert [c.resolved for c in scene.pull.comments] == [False]
    publish(scene.client, full(scene, 3), publication(comment("a", 11)), current)
    refused = [r for r in scene.fake.requests if r.path.endswith("/access_tokens") and r.status == 422]
    assert len(refused) == 1, "a refusal is remembered"


def test_threads_are_resolved_and_opened_again_where_the_app_may(scene):
    scene.installation.permissions["contents"] = "write"
    publish(scene.client, full(scene), publication(comment("a", 11), comment("b", 13)), current)
    publish(scene.client, full(scene, 2), publication(comment("b", 13)), current)
    assert [c.resolved for c in scene.pull.comments] == [True, False]
    publish(scene.client, full(scene, 3), publication(comment("a", 11), comment("b", 13)), current)
    assert [c.resolved for c in scene.pull.comments] == [False, False]


def test_a_thread_that_a_person_resolved_stays_resolved(scene):
    scene.installation.permissions["contents"] = "write"
    publish(scene.client, full(scene), publication(comment("a", 11)), current)
    scene.pull.comments[0].resolved = True
    publish(scene.client, full(scene, 2), publication(comment("a", 11, text="is wide open")), current)
    assert scene.pull.comments[0].resolved


def test_a_marker_forged_by_a_person_is_not_ours(scene):
    scene.fake.review_comment(scene.pull, "main.tf", 12, comment("a", 11).body)
    publish(scene.client, full(scene), publication(comment("a", 11)), current)
    assert [c.user.login for c in scene.pull.comments] == ["grace", "plumbrule[bot]"]
    publish(scene.client, full(scene, 2), publication(), current)
    assert [is_mended(c.body) for c in scene.pull.comments] == [False, True]


def test_a_forged_review_of_this_head_does_not_silence_us(scene):
    forged = scene.fake.review_comment(scene.pull, "main.tf", 12, "hello")
    forged.review.body = review_marker(scene.pull.head_sha)
    publish(scene.client, full(scene), publication(comment("a", 11)), current)
    assert len(scene.pull.comments) == 2


def test_a_pending_review_of_ours_is_deleted_first(scene):
    leave_pending(scene)
    publish(scene.client, full(scene), publication(comment("a", 11)), current)
    assert [review.state for review in scene.pull.reviews] == ["COMMENTED"]


def test_a_comment_that_github_puts_nowhere_becomes_an_annotation_and_the_others_stand(scene):
    said = publication(comment("a", 11), comment("b", 50), comment("c", 13))
    report = publish(scene.client, full(scene), said, current)
    assert report.unplaced == 1
    assert [c.line for c in scene.pull.comments] == [11, 13]
    assert [(a.start_line, a.title, a.message) for a in scene.pull.check_run.annotations] == [
        (50, "High · is open", "Close it.")
    ]
    before = writes(scene)
    publish(scene.client, scene.request(), said, current)
    assert writes(scene) == before


def test_a_review_refused_for_no_reason_that_we_see_becomes_annotations(scene):
    scene.fake.fail_next("POST", "/reviews$", status=422, body={"message": "Unprocessable Entity"})
    report = publish(scene.client, full(scene), publication(comment("a", 11)), current)
    assert report.unplaced == 1
    assert scene.pull.comments == []
    assert len(scene.pull.check_run.annotations) == 1


def test_a_comment_that_was_deleted_meanwhile_is_no_error(scene):
    publish(scene.client, full(scene), publication(comment("a", 11)), current)
    scene.fake.fail_next("PATCH", "/pulls/comments/", status=404)
    publish(scene.client, full(scene, 2), publication(), current)
    assert scene.pull.check_runs[-1].status == "completed"


def test_more_comments_than_one_page_are_all_read(scene):
    said = [comment(f"k{number}", 11 + number % 3) for number in range(130)]
    publish(scene.client, full(scene), publication(*said), current)
    before = len(scene.pull.comments)
    publish(scene.client, full(scene, 2), publication(*said), current)
    assert before == len(scene.pull.comments) == 130


def test_a_merge_group_gets_its_check_run_alone(scene):
    request = replace(scene.request(), number=None, head_ref="refs/heads/gh-readonly-queue/main/pr-1")
    publish(scene.client, request, publication(), current)
    assert scene.pull.check_run.status == "completed"
    assert not any("/pulls/" in r.path for r in scene.fake.requests)
