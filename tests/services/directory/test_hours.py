"""The replica of hours tells hours records from store events."""

from services.directory.hours import HoursReplica


def test_events_are_not_hours_and_belong_to_their_store():
    replica = HoursReplica([("s-1", b"h"), ("s-1/sale", b"e"), ("s-2/sale", b"f")])
    assert ["s-1"] == list(replica.store_ids())
    assert {"s-1/sale"} == set(replica.event_ids("s-1"))
    assert {"s-1/sale", "s-2/sale"} == set(replica.event_ids())
    replica.apply("s-1/sale", None)
    replica.apply("s-2/tasting", b"g")
    assert set() == set(replica.event_ids("s-1"))
    assert {"s-2/sale", "s-2/tasting"} == set(replica.event_ids())
