from __future__ import annotations

import itertools
import logging
import random
import signal
import threading
import time
from collections import Counter

import pytest

from reviewer.errors import Gone, PlumbruleError, Rejected, Superseded, Transient
from reviewer.heartbeat import Heart, slot
from reviewer.jobs import QUEUE, Worker, WorkerStopped
from reviewer.store import Store, open_engine
from reviewer.turns import MAX_RETRY_AFTER_SECONDS, MAX_STARTS, MAX_WAIT_SECONDS, wait_before_try
from tests.durable import A, C, Process, hand, settings_in, wait_until, wish
from tests.postgres import running_postgres

_numbers = itertools.count(1)


@pytest.fixture(scope="module")
def postgres():
    with running_postgres() as server:
        yield server


DATABASES = ["sqlite", pytest.param("postgres", marks=pytest.mark.slow)]


def settings_on(request, folder, **more):
    if request.param == "sqlite":
        return settings_in(folder, **more)
    return settings_in(folder, DATABASE_URL=request.getfixturevalue("postgres").new_database(), **more)


class Desk:
    """A worker with what it was given and what it was told to tell."""

    def __init__(self, behind):
        self.behind, self.store = behind, behind.store
        self.told = []
        self.worker = Worker(
            settings=behind.settings, engine=behind.engine, work=lambda *_: None, give_up=self.give_up, retry_wait=0.002
        )

    def give_up(self, request, error):
        self.told.append((request.id, type(error), str(error)))

    def want(self, work, number=None, **more):
        """Set `work` and want a review; return its id."""
        self.worker.work = work
        return self.behind.want(wish(number or next(_numbers), **more)).reviews[0]

    def do(self, work, **more):
        """Do `work` as a review to its end; return its id."""
        review_id = self.want(work, **more)
        self.worker.drain(20)
        return review_id

    def ended(self):
        """How many reviews ended, by outcome."""
        return Counter({name: sum(counts.values()) for name, (counts, _) in self.store.review_times().items()})


@pytest.fixture(scope="module", params=DATABASES)
def module_desk(request, tmp_path_factory):
    with hand(settings_on(request, tmp_path_factory.mktemp("desk"), MAX_TRIES="4")) as behind:
        desk = Desk(behind)
        desk.worker.start()
        try:
            yield desk
        finally:
            desk.worker.stop(grace=0)


@pytest.fixture
def desk(module_desk):
    module_desk.told.clear()
    module_desk.worker.after_step = lambda _: None
    yield module_desk
    module_desk.worker.drain(20)


def test_a_review_runs_its_steps_in_order_with_their_results(desk):
    seen = []

    def work(request, steps):
        seen.append(steps("one", lambda: ("a", 1)))
        seen.append(steps("two", lambda: None))
        seen.append(request.head_sha)

    desk.do(work)
    assert seen == [["a", 1], None, A]


def test_what_is_passing_is_tried_again_and_finished_steps_are_not(desk):
    ran = Counter()

    def work(request, steps):
        steps("announce", lambda: ran.update(["announce"]))
        steps("scan", scan)

    def scan():
        ran.update(["scan"])
        if ran["scan"] < 3:
            raise Transient("502")

    desk.do(work)
    assert ran == {"announce": 1, "scan": 3}
    assert desk.told == []


def test_every_step_has_its_own_tries(desk):
    ran = Counter()

    def failing(name):
        ran.update([name])
        if ran[name] < 4:
            raise Transient("502")

    desk.do(lambda request, steps: [steps(name, lambda name=name: failing(name)) for name in ("one", "two", "three")])
    assert ran == {"one": 4, "two": 4, "three": 4}
    assert desk.told == []


def test_after_the_last_try_the_pull_request_is_told(desk):
    ran = Counter()

    def work(request, steps):
        ran.update(["work"])
        raise Transient("GitHub answered 502")

    review_id = desk.do(work)
    assert ran["work"] == 4
    assert desk.told == [(review_id, Transient, "GitHub answered 502")]


def test_what_a_person_must_mend_is_told_at_once(desk):
    def work(request, steps):
        raise Rejected("the App may not write checks")

    review_id = desk.do(work)
    assert desk.told == [(review_id, Rejected, "the App may not write checks")]


def test_another_error_of_ours_is_told_in_its_words(desk):
    def work(request, steps):
        raise PlumbruleError("git printed too much")

    review_id = desk.do(work)
    assert desk.told == [(review_id, PlumbruleError, "git printed too much")]


def test_what_nobody_expected_is_told_with_a_reference_only(desk):
    def work(request, steps):
        raise KeyError("hunter22")

    review_id = desk.do(work)
    assert desk.told == [(review_id, RuntimeError, f"internal error; the log has it under {review_id}")]


def test_a_result_that_is_not_json_is_an_internal_error(desk):
    desk.do(lambda request, steps: steps("scan", lambda: {1, 2}))
    assert [kind for _, kind, _ in desk.told] == [RuntimeError]


@pytest.mark.parametrize(
    ("error", "outcome"), [(Gone("no such repository"), "gone"), (Superseded("closed"), "taken over")]
)
def test_when_there_is_nobody_to_tell_it_ends_quietly(desk, error, outcome):
    before = desk.ended()

    def work(request, steps):
        raise error

    desk.do(work)
    assert desk.told == []
    assert desk.ended()["gone"] - before["gone"] == (outcome == "gone")


def test_telling_is_tried_again_until_it_works(desk):
    tries = []

    def give_up(request, error):
        tries.append(str(error))
        if len(tries) < 7:
            raise Transient("GitHub is down")

    def work(request, steps):
        raise Rejected("a bad policy")

    desk.worker.give_up = give_up
    try:
        desk.do(work)
    finally:
        desk.worker.give_up = desk.give_up
    assert tries == ["a bad policy"] * 7


def test_a_mistake_in_telling_ends_the_review(desk):
    def broken(request, error):
        raise KeyError("ours")

    def work(request, steps):
        raise Rejected("a bad policy")

    before = desk.ended()["lost"]
    desk.worker.give_up = broken
    try:
        desk.do(work)
    finally:
        desk.worker.give_up = desk.give_up
    assert desk.ended()["lost"] == before + 1


def test_a_longer_wait_is_another_turn_and_keeps_no_worker_busy(desk):
    number, other = next(_numbers), next(_numbers)
    ran = []

    def work(request, steps):
        ran.append((request.number, time.monotonic()))
        if request.number == number and len([n for n, _ in ran if n == number]) == 1:
            raise Transient("rate limit", retry_after=1.5)

    desk.want(work, number)
    wait_until(lambda: desk.store.queue_depths(QUEUE)["DELAYED"] == 1)
    desk.want(work, other)
    desk.worker.drain(20)
    assert [n for n, _ in ran] == [number, other, number]
    assert ran[2][1] - ran[0][1] >= 1.5


def test_a_newer_head_ends_the_older_review_within_two_seconds(desk):
    number, begun, heard, published = next(_numbers), threading.Event(), [], []

    def work(request, steps):
        if request.head_sha == C:
            published.append("newer")
            return
        begun.set()
        try:
            while True:
                steps.stop()
                time.sleep(0.02)
        finally:
            heard.append(time.monotonic())

    desk.want(work, number)
    assert begun.wait(10)
    pushed = time.monotonic()
    desk.want(work, number, head=C)
    desk.worker.drain(20)
    assert heard[0] - pushed < 2
    assert published == ["newer"]


def test_the_older_review_can_publish_nothing_once_the_newer_is_acknowledged(desk):
    number, begun, pushed, published = next(_numbers), threading.Event(), threading.Event(), []

    def work(request, steps):
        if request.head_sha == C:
            return
        begun.set()
        assert pushed.wait(10)
        steps.still_current()
        published.append(request.id)

    desk.want(work, number)
    assert begun.wait(10)
    desk.want(work, number, head=C)
    pushed.set()
    desk.worker.drain(20)
    assert published == []


def test_no_step_begins_after_the_pull_request_closed(desk):
    number, begun, closed, ran = next(_numbers), threading.Event(), threading.Event(), []

    def work(request, steps):
        begun.set()
        assert closed.wait(10)
        steps("publish", lambda: ran.append("publish"))

    desk.want(work, number)
    assert begun.wait(10)
    with desk.store.transaction() as connection:
        desk.store.close(connection, f"5#{number}", as_of=None)
    closed.set()
    desk.worker.drain(20)
    assert ran == []


def test_a_newer_head_takes_the_place_of_a_review_that_was_put_off(desk):
    number = next(_numbers)

    def work(request, steps):
        if request.head_sha == A:
            raise Transient("rate limit", retry_after=3600)

    desk.want(work, number)
    wait_until(lambda: desk.store.queue_depths(QUEUE)["DELAYED"] == 1)
    desk.want(work, number, head=C)
    desk.worker.drain(10)
    assert desk.told == []


def test_a_review_that_died_in_a_step_goes_on_from_it(desk):
    """The step dies after its work and before its result is stored: it runs again, the ones before do not."""
    ran = Counter()

    def die(name):
        if name == "publish" and ran["publish"] == 1:
            raise WorkerStopped

    desk.worker.after_step = die
    desk.want(
        lambda request, steps: [steps(name, lambda name=name: ran.update([name])) for name in ("scan", "publish")]
    )
    wait_until(lambda: ran["publish"] == 1 and not desk.worker._busy)
    restart(desk)
    desk.worker.drain(20)
    assert ran == {"scan": 1, "publish": 2}


def restart(desk):
    desk.worker.stop(grace=0)
    desk.worker.start()


@pytest.mark.slow
def test_a_review_that_kills_its_workers_is_given_up(desk):
    starts = []

    def work(request, steps):
        starts.append(request.id)
        raise Died

    review_id = desk.want(work)
    for _ in range(MAX_STARTS + 1):
        wait_until(lambda: not desk.worker._busy)
        with desk.store.transaction() as connection:
            # As if no worker had stopped in good order: a dead one takes no start back.
            connection.exec_driver_sql(f"UPDATE review SET starts = {len(starts)} WHERE id = '{review_id}'")
        restart(desk)
        if desk.told:
            break
        wait_until(lambda: not desk.worker._busy)
        time.sleep(0.3)
    desk.worker.drain(20)
    assert len(starts) == MAX_STARTS
    assert desk.told[0][:2] == (review_id, RuntimeError)


class Died(WorkerStopped):
    """As a kill would."""


def test_stopping_waits_for_the_running_step_and_no_longer(desk):
    begun, ended = threading.Event(), []

    def one():
        begun.set()
        time.sleep(0.5)
        ended.append("one")

    def work(request, steps):
        steps("one", one)
        steps("two", lambda: ended.append("two"))

    desk.want(work)
    assert begun.wait(10)
    assert desk.worker.stop(grace=5)
    assert ended == ["one"]
    desk.worker.start()
    desk.worker.drain(20)
    assert ended == ["one", "two"]


def test_a_step_that_takes_too_long_is_left_when_the_worker_stops(desk):
    begun, again = threading.Event(), []

    def work(request, steps):
        if begun.is_set():
            again.append(request.id)
            return
        begun.set()
        while True:
            steps.stop()
            time.sleep(0.01)

    review_id = desk.want(work)
    assert begun.wait(10)
    started = time.monotonic()
    assert desk.worker.stop(grace=0.2)
    assert time.monotonic() - started < 5
    desk.worker.start()
    desk.worker.drain(20)
    assert again == [review_id]


@pytest.mark.slow
def test_one_installations_storm_does_not_starve_another(desk):
    order = []

    def work(request, steps):
        order.append(request.repository.installation_id)
        time.sleep(0.02)

    desk.worker.work = work
    for _ in range(120):
        desk.behind.want(wish(next(_numbers), installation=1))
    for _ in range(5):
        desk.behind.want(wish(next(_numbers), installation=2))
    desk.worker.drain(60)
    assert len(order) == 125
    assert max(i for i, installation in enumerate(order) if installation == 2) < 60


def test_superseding_is_no_error_in_the_log(desk, caplog):
    number, begun = next(_numbers), threading.Event()

    def work(request, steps):
        begun.set()
        while request.head_sha == A:
            steps.stop()
            time.sleep(0.01)

    engine = logging.getLogger("dbos")
    engine.addHandler(caplog.handler)
    try:
        desk.want(work, number)
        assert begun.wait(10)
        desk.want(work, number, head=C)
        desk.worker.drain(20)
        time.sleep(1.2)  # the engine notices by polling
    finally:
        engine.removeHandler(caplog.handler)
    assert [record for record in caplog.records if record.name == "dbos"] == []


def test_the_database_may_be_away_while_a_step_ends(desk):
    """What the step did is not lost and nothing is told: the worker waits for the database."""
    ran = Counter()

    def work(request, steps):
        steps("one", lambda: ran.update(["one"]))
        with desk.store.transaction() as connection:
            connection.exec_driver_sql("ALTER TABLE step RENAME TO step_away")
        threading.Timer(0.5, back).start()
        steps("two", lambda: ran.update(["two"]))

    def back():
        with desk.store.transaction() as connection:
            connection.exec_driver_sql("ALTER TABLE step_away RENAME TO step")

    desk.worker.retry_wait = 0.5
    try:
        desk.want(lambda request, steps: None if ran["one"] else work(request, steps))
        wait_until(lambda: ran["one"])
        desk.worker.drain(20)
    finally:
        desk.worker.retry_wait = 0.002
    assert desk.told == []


def test_failed_deliveries_are_asked_for_by_one_worker_at_its_start(desk):
    asked = []
    desk.worker.redeliver = lambda: asked.append(time.monotonic())
    try:
        restart(desk)
        wait_until(lambda: asked)
        time.sleep(0.2)
    finally:
        desk.worker.redeliver = lambda: None
    assert len(asked) == 1


def test_a_redelivery_that_fails_stops_nothing(desk):
    asked = []

    def broken():
        asked.append(1)
        raise RuntimeError("GitHub is down")

    desk.worker.redeliver = broken
    try:
        restart(desk)
        wait_until(lambda: asked)
        desk.do(lambda request, steps: asked.append(2))
    finally:
        desk.worker.redeliver = lambda: None
    assert asked == [1, 2]


def test_waits_double_up_to_a_limit_and_are_never_shorter_than_github_asks():
    random.seed(1)
    for number in range(1, 40):
        ideal = min(2.0 * 2 ** (number - 1), MAX_WAIT_SECONDS)
        assert ideal / 2 <= wait_before_try(number, 2.0, None) <= ideal
        assert wait_before_try(number, 2.0, 900.0) == 900.0
    assert wait_before_try(1, 2.0, 1e9) == MAX_RETRY_AFTER_SECONDS
    assert len({wait_before_try(5, 2.0, None) for _ in range(20)}) > 10


def test_a_name_belongs_to_one_process_and_is_used_again(tmp_path):
    with slot(tmp_path) as first:
        with slot(tmp_path) as second:
            assert first != second
        with slot(tmp_path) as third:
            assert third == second
    with slot(tmp_path) as again:
        assert again == first


def test_nobody_is_called_dead_by_a_worker_that_was_away_itself(tmp_path):
    taken_over = []
    settings = settings_in(tmp_path, DATABASE_URL=f"sqlite:///{tmp_path}/x.db")
    heart = Heart(store=Store(open_engine(settings)), executor_id="me", ttl=0.0, take_over=taken_over.append)
    heart.beat()
    assert heart.steady_since is None
    with hand(settings):
        heart.beat()
    assert heart.steady_since is not None
    assert taken_over == []


# A worker as a process of its own.


@pytest.fixture(params=[pytest.param("sqlite", marks=pytest.mark.slow), DATABASES[1]])
def behind(request, tmp_path):
    with hand(settings_on(request, tmp_path)) as behind:
        yield behind


@pytest.fixture
def processes(behind, tmp_path):
    """Start workers that note their steps in a journal; all are dead at the end."""
    started = []

    def start(seconds=0.2, ttl=3.0):
        started.append(Process(behind.settings, tmp_path / "journal", seconds, ttl))
        return started[-1]

    yield start
    for process in started:
        process.kill()


def journal(tmp_path):
    path = tmp_path / "journal"
    return path.read_text().splitlines() if path.exists() else []


def drained(behind):
    return not any(behind.store.queue_depths(QUEUE).values())


def test_another_worker_takes_over_from_one_that_was_killed(behind, processes, tmp_path):
    first = processes(seconds=1.0)
    review_id = behind.want(wish()).reviews[0]
    wait_until(lambda: f"{review_id} two begins" in journal(tmp_path))
    second = processes(seconds=0.1)
    wait_until(lambda: behind.store.others_alive("nobody", 60) and second.popen.poll() is None)
    first.kill()
    killed = time.monotonic()
    wait_until(lambda: drained(behind), 30)
    assert time.monotonic() - killed < 15
    lines = Counter(journal(tmp_path))
    assert (lines[f"{review_id} one begins"], lines[f"{review_id} two begins"]) == (1, 2)
    assert (lines[f"{review_id} two ends"], lines[f"{review_id} three ends"]) == (1, 1)


def test_a_killed_worker_that_is_started_again_goes_on_at_once(behind, processes, tmp_path):
    first = processes(seconds=1.0, ttl=60.0)
    review_id = behind.want(wish()).reviews[0]
    wait_until(lambda: f"{review_id} two begins" in journal(tmp_path))
    first.kill()
    processes(seconds=0.1, ttl=60.0)
    wait_until(lambda: drained(behind), 20)
    assert journal(tmp_path).count(f"{review_id} one begins") == 1


def test_a_worker_ends_well_when_it_is_told_to(behind, processes, tmp_path):
    worker = processes(seconds=0.5)
    review_id = behind.want(wish()).reviews[0]
    wait_until(lambda: f"{review_id} one begins" in journal(tmp_path))
    assert worker.terminate() == 0
    assert journal(tmp_path) == [f"{review_id} one begins", f"{review_id} one ends"]
    processes(seconds=0.05)
    wait_until(lambda: drained(behind), 20)
    assert journal(tmp_path).count(f"{review_id} one begins") == 1


def test_a_worker_that_was_frozen_begins_no_step_of_what_was_taken_over(behind, processes, tmp_path):
    first = processes(seconds=0.5)
    review_id = behind.want(wish()).reviews[0]
    wait_until(lambda: f"{review_id} two begins" in journal(tmp_path))
    first.popen.send_signal(signal.SIGSTOP)
    processes(seconds=0.1)
    wait_until(lambda: drained(behind), 30)
    first.popen.send_signal(signal.SIGCONT)
    time.sleep(3)
    assert first.popen.poll() is None
    assert journal(tmp_path).count(f"{review_id} three begins") == 1
    assert [sum(counts.values()) for counts, _ in behind.store.review_times().values()] == [1]


@pytest.mark.timeout(240)
def test_no_review_is_lost_or_left_when_workers_are_killed_at_random(behind, processes, tmp_path):
    random.seed(7)
    reviews = [behind.want(wish(number + 1, installation=1 + number % 3)).reviews[0] for number in range(30)]
    alive = [processes(seconds=0.1) for _ in range(2)]
    for _ in range(5):
        time.sleep(random.uniform(2.0, 3.5))
        alive.pop(random.randrange(2)).kill()
        alive.append(processes(seconds=0.1))
    wait_until(lambda: drained(behind), 90)
    lines = Counter(journal(tmp_path))
    assert all(lines[f"{review} three ends"] >= 1 for review in reviews)
    ended = {name: sum(counts.values()) for name, (counts, _) in behind.store.review_times().items()}
    assert ended == {"finished": 30}


@pytest.mark.slow
@pytest.mark.timeout(240)
def test_a_database_that_crashes_and_comes_back_loses_nothing(postgres, tmp_path):
    with hand(settings_in(tmp_path, DATABASE_URL=postgres.new_database())) as behind:
        worker = Process(behind.settings, tmp_path / "journal", 0.1, 10.0)
        try:
            reviews = [behind.want(wish(number + 1)).reviews[0] for number in range(15)]
            wait_until(lambda: len(journal(tmp_path)) > 6)
            postgres.crash()
            time.sleep(4)
            postgres.start()
            behind.engine.dispose()
            wait_until(lambda: drained(behind), 90)
            lines = Counter(journal(tmp_path))
            assert all(lines[f"{review} three ends"] >= 1 for review in reviews)
        finally:
            worker.kill()
