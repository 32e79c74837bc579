"""Tests the detection table, event ids and confidence."""

import itertools

import pytest

from geodata.fences.events import (
    Cause,
    Confidence,
    Event,
    EventType,
    Reason,
    confidence_reason,
    detect,
)

ENTER, EXIT, CROSS = EventType.ENTER, EventType.EXIT, EventType.CROSS
INSIDE, OUTSIDE = EventType.INSIDE, EventType.OUTSIDE


@pytest.mark.parametrize(
    ("was_inside", "is_inside", "crossed", "events"),
    [
        (False, True, False, (ENTER, INSIDE)),
        (False, True, True, (ENTER, INSIDE)),
        (True, False, False, (EXIT, OUTSIDE)),
        (True, False, True, (EXIT, OUTSIDE)),
        (True, True, False, (INSIDE,)),
        (True, True, True, (INSIDE,)),
        (False, False, True, (CROSS, OUTSIDE)),
        (False, False, False, (OUTSIDE,)),
    ],
)
def test_the_detect_table(
    was_inside: bool, is_inside: bool, crossed: bool, events: tuple[EventType, ...]
) -> None:
    assert events == detect(was_inside, is_inside, crossed)


@pytest.mark.parametrize(
    ("distance_m", "accuracy_m", "confidence", "reason"),
    [
        (500.0, None, Confidence.NONE, Reason.ACCURACY_UNKNOWN),
        (9.9, 10.0, Confidence.LOW, Reason.EDGE_WITHIN_ACCURACY),
        (-9.9, 10.0, Confidence.LOW, Reason.EDGE_WITHIN_ACCURACY),
        (10.0, 10.0, Confidence.MEDIUM, Reason.EDGE_BEYOND_ACCURACY),
        (-19.9, 10.0, Confidence.MEDIUM, Reason.EDGE_BEYOND_ACCURACY),
        (-20.0, 10.0, Confidence.HIGH, Reason.EDGE_FAR_BEYOND_ACCURACY),
        (float("-inf"), 10.0, Confidence.HIGH, Reason.EDGE_FAR_BEYOND_ACCURACY),
        (500.0, 0.0, Confidence.NONE, Reason.ACCURACY_UNKNOWN),
    ],
)
def test_confidence_compares_the_edge_with_the_accuracy(
    distance_m: float, accuracy_m: float | None, confidence: Confidence, reason: Reason
) -> None:
    assert reason is confidence_reason(distance_m, accuracy_m)
    assert confidence is confidence_reason(distance_m, accuracy_m).confidence


def test_a_way_alone_is_believed_little_and_a_deletion_surely() -> None:
    assert Confidence.LOW is Reason.ONLY_THE_WAY.confidence
    assert Confidence.HIGH is Reason.FENCE_DELETED.confidence


def event(fence_id: str, type_: EventType, sequence: int, number: int = 1) -> Event:
    return Event(
        fence_id=fence_id,
        type=type_,
        cause=Cause.FIX,
        sequence=sequence,
        number=number,
        time_ms=0,
        server_time_ms=0,
        inside_since_ms=None,
        reason=Reason.ACCURACY_UNKNOWN,
    )


def test_an_id_stays_the_same_for_ever() -> None:
    # Frozen: receivers keep ids, so another value would be a second event for them.
    assert "2d5a72d238c914e762428bfd99b6d44f" == event("fences/kamppi", ENTER, 7).id("devices/4f")


def test_an_id_depends_on_what_happened_and_not_on_when_it_was_found_out() -> None:
    assert event("a", ENTER, 1, number=1).id("d") == event("a", ENTER, 1, number=9).id("d")


def test_different_events_have_different_ids_also_where_their_parts_run_together() -> None:
    subjects = fences = ("1", "11", "1:1", "a", "a1:b")
    ids = [
        event(fence_id, type_, sequence).id(subject)
        for subject, fence_id, type_, sequence in itertools.product(
            subjects, fences, EventType, (1, 11, 111)
        )
    ]
    assert len(ids) == len(set(ids))
