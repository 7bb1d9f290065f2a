"""Webhooks that were lost while nobody listened."""

from __future__ import annotations

import time
from datetime import UTC, datetime, timedelta

import pytest

from reviewer.errors import Transient

SINCE = timedelta(days=3)


def lost(scene):
    return scene.github.failed_deliveries(datetime.now(UTC) - SINCE)


@pytest.fixture(autouse=True)
def silence(scene):
    scene.fake.state.deliveries.clear()


def tell(scene, status_code, guid=None, age=timedelta()):
    delivery = scene.fake.deliver("ping", {"zen": "x", "hook_id": 1})
    delivery.status_code = status_code
    delivery.guid = guid or delivery.guid
    delivery.delivered_at = (datetime.now(UTC) - age).timestamp()
    return delivery


def test_what_was_answered_with_success_is_not_lost(scene):
    tell(scene, 202)
    assert lost(scene) == ()


@pytest.mark.parametrize("status_code", [0, 401, 500, 503])
def test_what_nobody_took_is_lost(scene, status_code):
    delivery = tell(scene, status_code)
    assert [found.id for found in lost(scene)] == [delivery.id]


def test_what_arrived_at_a_later_attempt_is_not_lost(scene):
    tell(scene, 500, guid="g", age=timedelta(hours=1))
    tell(scene, 202, guid="g")
    assert lost(scene) == ()


def test_of_several_failed_attempts_the_latest_is_asked_for_again(scene):
    tell(scene, 500, guid="g", age=timedelta(hours=1))
    latest = tell(scene, 500, guid="g")
    assert [found.id for found in lost(scene)] == [latest.id]


def test_what_failed_five_times_is_left_alone(scene):
    for hours in range(5):
        tell(scene, 500, guid="g", age=timedelta(hours=hours))
    assert lost(scene) == ()


def test_what_is_older_than_asked_for_is_left_alone(scene):
    tell(scene, 500, age=timedelta(days=4))
    assert lost(scene) == ()


def test_lost_ones_on_all_pages_are_found_oldest_first(scene):
    for minutes in range(230, 0, -1):
        tell(scene, 202 if minutes % 2 else 500, age=timedelta(minutes=minutes))
    found = lost(scene)
    assert len(found) == 115
    assert [d.delivered_at for d in found] == sorted(d.delivered_at for d in found)


def test_redelivering_keeps_the_guid(scene):
    delivery = tell(scene, 500)
    scene.github.redeliver(delivery.id)
    for _ in range(200):
        if len(scene.fake.state.deliveries) == 2:
            break
        time.sleep(0.01)
    assert {d.guid for d in scene.fake.state.deliveries} == {delivery.guid}
    assert len(scene.fake.state.deliveries) == 2


def test_redelivering_what_github_has_forgotten_is_no_error(scene):
    scene.github.redeliver(999_999)


def test_an_unreadable_log_may_be_readable_the_next_time(scene):
    tell(scene, 500)
    scene.fake.fail_next("GET", "/app/hook/deliveries$", status=200, body=[{"id": 1}])
    with pytest.raises(Transient):
        lost(scene)
    assert len(lost(scene)) == 1
