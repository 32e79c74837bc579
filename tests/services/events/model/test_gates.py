"""Gates of endpoints, with a clock that is moved: late by how much, tried how often."""

import random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.events.model.gates import LONGEST_PAUSE_MS, Gate, delay_ms

POLL_MS = 100
POST_MS = 300
"""The time that a post to an endpoint that is away takes."""


def late_by_ms(outage_ms: int, seed: int) -> tuple[int, int]:
    """How long after the end of an outage an event that waits is accepted, and the failed posts."""
    gate = Gate(random.Random(seed))
    now_ms, failed = 1_000_000, 0
    end_ms = now_ms + outage_ms
    while True:
        is_probe = not gate.is_open
        if gate.lets_through(now_ms, "a"):
            if now_ms >= end_ms:
                return now_ms - end_ms, failed
            now_ms += POST_MS
            failed += 1
            gate.failed(now_ms, "a", is_probe=is_probe)
            gate.probed()
        now_ms = max(now_ms, gate.probe_ms) + POLL_MS


@given(st.integers(1, 60_000), st.integers(0, 1000))
def test_after_an_outage_of_up_to_a_minute_events_come_within_five_seconds(outage_ms, seed):
    late_ms, _ = late_by_ms(outage_ms, seed)
    assert late_ms < 5000


@given(st.integers(60_000, 3 * 86_400_000), st.integers(0, 1000))
def test_after_a_longer_one_within_a_tenth_of_it_and_at_most_five_minutes(outage_ms, seed):
    late_ms, _ = late_by_ms(outage_ms, seed)
    assert late_ms <= min(outage_ms / 10, 300_000)


def test_a_day_long_outage_costs_few_posts():
    _, failed = late_by_ms(86_400_000, 1)
    assert failed < 500


def test_one_probe_at_a_time_however_many_subjects_wait():
    gate = Gate(random.Random(1))
    for subject in range(16):  # posts that were under way when the endpoint began to fail
        gate.failed(1000, subject, is_probe=False)
    assert [False] * 20 == [gate.lets_through(1100, subject) for subject in range(20)]
    assert [True] + [False] * 19 == [gate.lets_through(10_000, subject) for subject in range(20)]
    gate.failed(10_300, 0, is_probe=True)
    gate.probed()
    assert not gate.lets_through(10_400, 1)
    assert gate.lets_through(13_000, 1)
    gate.opened()
    gate.probed()
    assert [True] * 20 == [gate.lets_through(13_100, subject) for subject in range(20)]


def test_while_one_subject_alone_fails_another_need_not_wait_for_the_pause():
    gate = Gate(random.Random(1))
    gate.failed(0, "poison", is_probe=False)
    assert not gate.lets_through(1, "poison")
    assert gate.lets_through(1, "other")
    assert not gate.lets_through(1, "third"), "one probe at a time"
    gate.failed(2, "other", is_probe=True)  # so it is the endpoint
    gate.probed()
    assert not gate.lets_through(3, "third")


def test_a_probe_that_was_not_made_leaves_the_gate_to_the_next():
    gate = Gate(random.Random(1))
    gate.failed(0, "a", is_probe=False)
    assert gate.lets_through(1000, "a")
    gate.probed()
    assert gate.lets_through(1000, "a")


@pytest.mark.parametrize("tries", [0, 1, 2, 5, 9, 1_000_000])
def test_a_subject_that_is_refused_waits_longer_each_time(tries):
    pauses = [delay_ms(tries, random.Random(seed)) for seed in range(100)]
    expected = min(2000 * 2 ** min(max(0, tries - 1), 30), LONGEST_PAUSE_MS)
    assert all(0.8 * expected - 1 <= pause <= expected for pause in pauses)
    assert len(set(pauses)) > 50
