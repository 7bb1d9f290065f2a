from __future__ import annotations

import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace

import pytest

from reviewer import jobs
from reviewer.jobs import QUEUE
from reviewer.model import Repository, ReviewRequest, Subject
from reviewer.store import DatabaseAway, Sought, Store, open_engine
from reviewer.store.heads import decode, encode
from tests.durable import A, B, C, environment, hand, settings_in, wish
from tests.postgres import running_postgres


@pytest.fixture(scope="module")
def postgres():
    with running_postgres() as server:
        yield server


@pytest.fixture(params=["sqlite", pytest.param("postgres", marks=pytest.mark.slow)])
def settings(request, tmp_path):
    if request.param == "sqlite":
        return settings_in(tmp_path)
    return settings_in(tmp_path, DATABASE_URL=request.getfixturevalue("postgres").new_database())


@pytest.fixture
def behind(settings):
    with hand(settings) as behind:
        yield behind


def current(behind, *requests):
    return [behind.store.is_current(request) for request in requests]


def test_migrating_again_changes_nothing(settings):
    for _ in range(2):
        jobs.migrate(settings)
    with hand(settings) as behind:
        behind.want(wish())
        jobs.migrate(settings)
        assert behind.store.queue_depths(QUEUE)["ENQUEUED"] == 1


@pytest.mark.slow
def test_three_may_migrate_at_once(settings, tmp_path):
    environ = environment(tmp_path, DATABASE_URL=settings.database_url)
    code = "import os; from reviewer import jobs, settings; jobs.migrate(settings.read_settings(os.environ))"
    started = [subprocess.Popen([sys.executable, "-c", code], env=environ, stderr=subprocess.PIPE) for _ in range(3)]
    for process in started:
        _, errors = process.communicate(timeout=60)
        assert process.returncode == 0, errors.decode()


def test_the_newest_generation_alone_is_current(behind):
    behind.want(wish(head=A))
    behind.want(wish(head=C))
    first, second = replace(wish(head=A), generation=1), replace(wish(head=C), generation=2)
    assert current(behind, first, second, replace(second, generation=3)) == [False, True, False]


def test_what_is_not_known_is_not_current(behind):
    assert current(behind, replace(wish(), generation=1)) == [False]


def test_a_request_survives_the_database_unchanged(behind):
    requests = (
        wish(draft=True),
        ReviewRequest(
            subject=Subject.MERGE_GROUP,
            repository=Repository(id=2**52, full_name="a/b", installation_id=2**52),
            head_sha=A,
            base_sha=None,
            base_ref="release/ü",
            head_ref="refs/heads/q/ü",
        ),
    )
    for request in requests:
        assert decode(encode(request)) == request
        taken = behind.want(request)
        assert behind.store.begin(taken.reviews[0], 1).request == replace(request, generation=1)


@pytest.mark.parametrize(
    "other",
    [
        wish(head=C),
        wish(draft=True),
        replace(wish(), base_ref="develop"),
        replace(wish(), base_sha=C),
        replace(wish(), repository=Repository(id=5, full_name="acme/renamed", installation_id=9)),
    ],
)
def test_anything_that_would_change_the_review_is_another_generation(behind, other):
    behind.want(wish())
    assert behind.want(other).reviews == ("rv:5#1:00000002",)


def test_many_heads_at_once_get_a_generation_each(behind):
    heads = [f"{number:040x}" for number in range(24)]
    with ThreadPoolExecutor(8) as threads:
        taken = list(threads.map(lambda head: behind.want(wish(head=head)), heads))
    assert sorted(review for one in taken for review in one.reviews) == [f"rv:5#1:{n:08d}" for n in range(1, 25)]
    assert behind.store.queue_depths(QUEUE)["ENQUEUED"] == 1  # all but the newest are cancelled


def test_the_same_delivery_at_once_is_stored_once(behind):
    with ThreadPoolExecutor(8) as threads:
        outcomes = list(threads.map(lambda n: behind.want(wish(n + 1), delivery="same").outcome, range(8)))
    assert sorted(outcomes) == ["enqueued"] + ["stored before"] * 7
    assert behind.store.queue_depths(QUEUE)["ENQUEUED"] == 1


def test_a_job_that_fails_leaves_nothing_of_its_transaction(behind):
    def job(connection):
        behind.store.record_delivery(connection, "lost", "push", "enqueued")
        behind.store.admit(connection, wish(), as_of=None)
        raise KeyError("our own mistake")

    with pytest.raises(KeyError):
        behind.store.write(job)
    assert behind.store.delivery_counts() == {}
    assert behind.want(wish()).reviews == ("rv:5#1:00000001",)


def test_a_step_finishes_once(behind):
    assert behind.store.step_result("rv", "scan") is None
    assert behind.store.finish_step("rv", "scan", {"a": (1, None)}) == ({"a": [1, None]},)
    behind.store.finish_step("rv", "scan", "later")
    assert behind.store.step_result("rv", "scan") == ({"a": [1, None]},)
    behind.store.finish_step("rv", "nothing", None)
    assert behind.store.step_result("rv", "nothing") == (None,)


@pytest.mark.parametrize("result", [{1, 2}, b"bytes", float("nan"), object()])
def test_a_result_that_is_not_json_is_our_mistake(behind, result):
    with pytest.raises((TypeError, ValueError)):
        behind.store.finish_step("rv", "scan", result)


def test_a_finished_review_does_not_begin_again(behind):
    behind.want(wish())
    review = behind.store.begin("rv:5#1:00000001", 1)
    behind.store.finish_step(review.request.id, "scan", 1)
    behind.store.finish(review.request, "success")
    assert behind.store.begin(review.request.id, 1) is None
    assert behind.store.step_result(review.request.id, "scan") is None


def test_starts_are_counted_until_a_step_finishes(behind):
    behind.want(wish())
    assert [behind.store.begin("rv:5#1:00000001", 1).starts for _ in range(3)] == [1, 2, 3]
    behind.store.finish_step("rv:5#1:00000001", "scan", 1)
    assert behind.store.begin("rv:5#1:00000001", 1).starts == 2


def test_an_examination_is_kept_as_it_is(behind):
    behind.want(wish())
    assert behind.store.get_examination("rv:5#1:00000001") is None
    behind.store.put_examination("rv:5#1:00000001", b"{\x00\xff}")
    assert behind.store.get_examination("rv:5#1:00000001") == b"{\x00\xff}"


def test_a_worker_is_dead_when_its_heart_stopped_and_it_holds_jobs(behind):
    behind.store.heartbeat("one")
    assert behind.store.others_alive("two", 10)
    assert not behind.store.others_alive("one", 10)
    assert behind.store.dead_executors(10) == ()
    behind.store.leave("one")
    assert behind.store.heartbeat_age() is None


def test_a_chore_is_for_one(behind):
    with ThreadPoolExecutor(6) as threads:
        taken = list(threads.map(lambda _: behind.store.take_lease("redeliver", 600), range(6)))
    assert sum(taken) == 1
    assert behind.store.take_lease("tidy", 600)
    behind.store.drop_lease("redeliver")
    assert behind.store.take_lease("redeliver", 600)
    behind.store.drop_lease("redeliver", after=60)
    assert not behind.store.take_lease("redeliver", 600)


def test_tidying_forgets_what_is_over_and_keeps_what_is_open(behind):
    behind.want(wish(1))
    behind.want(wish(1, head=C))
    behind.want(wish(2))
    with behind.store.transaction() as connection:
        behind.store.close(connection, "5#2", as_of=None)
    behind.store.put_examination("rv:5#1:00000002", b"kept")
    behind.store.tidy(days=-1)
    behind.queue.tidy(days=-1)
    assert behind.store.get_examination("rv:5#1:00000002") == b"kept"
    assert behind.store.begin("rv:5#1:00000001", 1) is None
    assert behind.want(wish(1, head=B)).reviews == ("rv:5#1:00000003",)
    assert behind.want(wish(2)).reviews == ("rv:5#2:00000001",)


def looks(behind, head=A, repository_id=5):
    """The looks that the end of a workflow starts."""
    started = behind.store.write(lambda c: behind.store.look_again(c, repository_id, head))
    return [admission.request for admission in started]


def reviewed_again(behind, look, artifact):
    return behind.store.write(lambda c: behind.store.admit_for_plan(c, look, "tfplan", artifact)).request


def test_only_a_review_that_looked_for_a_plan_already_is_looked_at_again(behind):
    behind.want(wish())
    behind.want(wish(2, B))
    assert looks(behind) == []  # it will find the plan by itself
    behind.store.note_plan("rv:5#1:00000001", "tfplan", None)
    (look,) = looks(behind)
    assert (look.subject, look.key, look.id, look.head_sha) == (Subject.PLAN, "5#1/plan", "rv:5#1/plan:00000001", A)
    assert (looks(behind, C), looks(behind, repository_id=6)) == ([], [])
    assert behind.store.sought_plans(look) == (Sought(name="tfplan", artifact=None),)
    assert behind.store.is_current(replace(wish(), generation=1))


def test_a_later_look_takes_the_place_of_an_earlier_one(behind):
    behind.want(wish())
    behind.store.note_plan("rv:5#1:00000001", "tfplan", None)
    first, second = looks(behind)[0], looks(behind)[0]
    assert current(behind, first, second) == [False, True]


def test_a_plan_that_arrived_is_reviewed_once(behind):
    behind.want(wish())
    behind.store.note_plan("rv:5#1:00000001", "tfplan", 7)
    (look,) = looks(behind)
    assert reviewed_again(behind, look, 7) is None
    again = reviewed_again(behind, look, 8)
    assert again == replace(wish(), generation=2)
    assert behind.store.sought_plans(look) == (Sought(name="tfplan", artifact=8),)
    assert reviewed_again(behind, look, 8) is None
    assert current(behind, replace(wish(), generation=1), again) == [False, True]


def test_the_newest_plan_that_is_known_stays_known(behind):
    behind.want(wish())
    for artifact in (None, 8, None, 7):
        behind.store.note_plan("rv:5#1:00000001", "tfplan", artifact)
    assert behind.store.sought_plans(looks(behind)[0]) == (Sought(name="tfplan", artifact=8),)


def test_each_artifact_is_known_by_its_own_name(behind):
    behind.want(wish())
    for name, artifact in (("tfplan", 9), ("trivy", None)):
        behind.store.note_plan("rv:5#1:00000001", name, artifact)
    (look,) = looks(behind)
    assert behind.store.sought_plans(look) == (Sought(name="tfplan", artifact=9), Sought(name="trivy", artifact=None))
    again = behind.store.write(lambda c: behind.store.admit_for_plan(c, look, "trivy", 8)).request
    assert again == replace(wish(), generation=2)


def test_a_plan_for_a_head_that_went_on_or_closed_is_nothing(behind):
    behind.want(wish())
    behind.store.note_plan("rv:5#1:00000001", "tfplan", None)
    (look,) = looks(behind)
    behind.want(wish(head=B))
    assert (behind.store.sought_plans(look), reviewed_again(behind, look, 8)) == ((), None)
    behind.store.note_plan("rv:5#1:00000002", "tfplan", None)
    (look,) = looks(behind, B)
    behind.store.write(lambda c: behind.store.close(c, "5#1", as_of=None))
    assert (behind.store.sought_plans(look), reviewed_again(behind, look, 8)) == ((), None)
    assert looks(behind, B) == []


def test_an_event_of_the_same_second_counts_and_an_older_one_does_not(behind):
    assert behind.want(wish(head=A), as_of=100.0).outcome == "enqueued"
    assert behind.want(wish(head=C), as_of=100.0).outcome == "enqueued"
    assert behind.want(wish(head=A), as_of=99.0).why == "older than what is known"
    assert behind.want(wish(head=A)).outcome == "enqueued"


def test_a_close_that_comes_late_does_not_close_what_was_reopened(behind):
    behind.want(wish(), as_of=100.0)
    with behind.store.transaction() as connection:
        assert not behind.store.close(connection, "5#1", as_of=99.0)
    assert current(behind, replace(wish(), generation=1)) == [True]


def test_every_commit_is_on_disk_before_the_answer(tmp_path):
    with hand(settings_in(tmp_path)) as behind, behind.engine.connect() as connection:
        assert connection.exec_driver_sql("PRAGMA journal_mode").scalar() == "wal"
        assert connection.exec_driver_sql("PRAGMA synchronous").scalar() == 2  # FULL


@pytest.mark.parametrize("url", ["sqlite:////proc/no/such/file.db", "postgresql://u:hunter22@127.0.0.1:1/x"])
def test_a_database_that_is_away_is_one_error_that_shows_no_password(tmp_path, url):
    store = Store(open_engine(settings_in(tmp_path, DATABASE_URL=url), wait_seconds=1))
    with pytest.raises(DatabaseAway) as caught:
        store.ping()
    assert "hunter22" not in str(caught.value)


def test_a_read_only_database_is_away(tmp_path):
    with hand(settings_in(tmp_path)) as behind:
        behind.want(wish())
    settings = settings_in(tmp_path, DATABASE_URL=f"sqlite:///file:{tmp_path}/plumbrule.db?mode=ro&uri=true")
    with pytest.raises(DatabaseAway):
        Store(open_engine(settings)).ping()
