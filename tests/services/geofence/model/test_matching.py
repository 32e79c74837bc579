"""Filters of subscriptions, and the pauses between attempts."""

import random

import pytest

from enrayon.geofence.v1 import geofence_pb2 as pb
from services.geofence.model.matching import RETRY_S, admits, delay_ms

EVENT = pb.FenceEvent(
    event_type=pb.EVENT_TYPE_ENTER, store="stores/t-turku", labels={"kind": "mall", "floor": "1"}
)


@pytest.mark.parametrize(
    ("wanted", "is_admitted"),
    [
        ({}, True),
        ({"event_types": [pb.EVENT_TYPE_EXIT, pb.EVENT_TYPE_ENTER]}, True),
        ({"event_types": [pb.EVENT_TYPE_EXIT]}, False),
        ({"stores": ["stores/t-turku"]}, True),
        ({"stores": ["stores/t-other"]}, False),
        ({"labels": {"kind": "mall"}}, True),
        ({"labels": {"kind": "mall", "floor": "2"}}, False),
        ({"labels": {"kind": ""}}, False),
    ],
)
def test_an_event_passes_a_filter_when_every_part_of_it_fits(wanted, is_admitted):
    assert is_admitted is admits(pb.EventFilter(**wanted), EVENT)


def test_a_muted_event_passes_only_a_filter_that_asks_for_muted_ones():
    muted = pb.FenceEvent(event_type=pb.EVENT_TYPE_ENTER, mute=pb.MUTE_QUIET_HOURS)
    assert not admits(pb.EventFilter(), muted)
    assert admits(pb.EventFilter(include_muted=True), muted)


def test_attempts_take_75_hours_with_jitter():
    jitter = random.Random(1)
    totals = []
    for _ in range(200):
        delays = [delay_ms(tries, jitter) for tries in range(1, len(RETRY_S) + 1)]
        totals.append(sum(delay for delay in delays if delay) / 3_600_000)
    assert delay_ms(len(RETRY_S) + 1, jitter) is None
    assert 60 < min(totals) < 75.6 < max(totals) < 91
    assert 75 == sum(RETRY_S) // 3600
