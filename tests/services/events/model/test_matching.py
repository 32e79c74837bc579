"""Filters of subscriptions, and what their owners may see."""

import pytest

from enrayon.events.v1 import events_pb2 as pb
from services.chassis.caller import Caller
from services.events.model.matching import admits, may_see, untold

EVENT = pb.Event(
    type="fence.enter",
    subject="devices/d1",
    store="stores/t-turku",
    reference="person-1",
    labels={"kind": "mall", "floor": "1"},
)
ME = pb.Subscription(owner="app", scope=pb.Subscription.SCOPE_OWN)
STAFF = pb.Subscription(scope=pb.Subscription.SCOPE_STORES, scope_stores=["stores/a"])
ADMIN = pb.Subscription(owner="office", scope=pb.Subscription.SCOPE_ALL)


@pytest.mark.parametrize(
    ("wanted", "is_admitted"),
    [
        ({}, True),
        ({"types": ["fence.exit", "fence.enter"]}, True),
        ({"types": ["fence.exit"]}, False),
        ({"stores": ["stores/t-turku"]}, True),
        ({"stores": ["stores/t-other"]}, False),
        ({"brands": ["Stockmann", "Sokos"]}, True),
        ({"brands": ["Stock"]}, False),
        ({"brands": ["stockmann"]}, True),
        ({"references": ["person-1"]}, True),
        ({"references": ["person-2"]}, False),
        ({"subjects": ["devices/d1"]}, True),
        ({"subjects": ["devices/d2"]}, False),
        ({"labels": {"kind": "mall"}}, True),
        ({"labels": {"kind": "mall", "floor": "2"}}, False),
        ({"labels": {"kind": ""}}, False),
        ({"types": ["fence.enter"], "references": ["person-2"]}, False),
    ],
)
def test_an_event_passes_a_filter_when_every_part_of_it_fits(wanted, is_admitted):
    assert is_admitted is admits(pb.EventFilter(**wanted), EVENT, "Stockmann")


@pytest.mark.parametrize(
    ("wanted", "subscription", "fields"),
    [
        ({"types": ["fence.enter", "trip.arrived"]}, ME, ["types[0]"]),
        ({"types": ["alert.fired", "store.opened"]}, STAFF, ["types[0]"]),
        ({"stores": ["stores/a", "stores/b"]}, STAFF, ["stores[1]"]),
        ({"types": ["reservation.ready"], "labels": {"a": "b"}}, ADMIN, ["labels"]),
        ({"types": ["store.opened"], "references": ["anna"]}, ME, ["references"]),
        ({"types": ["rule.message"], "labels": {"a": "b"}, "references": ["anna"]}, ADMIN, []),
        ({}, STAFF, []),
    ],
)
def test_what_is_told_to_nobody_is_named(wanted, subscription, fields):
    made = pb.Subscription(filter=wanted)
    made.MergeFrom(subscription)
    assert [f"filter.{field}" for field in fields] == [
        each.partition(":")[0] for each in untold(made)
    ]


def test_a_muted_event_passes_only_a_filter_that_asks_for_muted_ones():
    muted = pb.Event(type="fence.enter", muted="quiet_hours")
    assert not admits(pb.EventFilter(), muted, "")
    assert admits(pb.EventFilter(include_muted=True), muted, "")


def sees(
    subscription: pb.Subscription,
    type: str,
    owner: str = "",
    home: str = "stores/a",
    *,
    is_private: bool = False,
) -> bool:
    return may_see(subscription, pb.Event(type=type), owner, home, is_private=is_private)


@pytest.mark.parametrize("type", ["trip.arrived", "reservation.ready", "alert.fired"])
def test_an_application_sees_its_own_and_never_anothers(type):
    assert sees(ME, type, "app")
    assert sees(ME, type, Caller("app").owner)
    assert not sees(ME, type, "chat")
    assert not sees(ME, type, Caller("chat").owner)
    assert not sees(ME, type, "")


@pytest.mark.parametrize("type", ["store.updated", "hours.updated", "closure.set"])
def test_changes_of_stores_are_for_everybody_unless_the_store_is_private(type):
    assert sees(ME, type)
    assert not sees(ME, type, is_private=True)
    assert sees(ADMIN, type, is_private=True)


def test_fences_and_devices_are_for_admins_alone():
    assert [False, False, True] == [sees(each, "fence.enter") for each in (ME, STAFF, ADMIN)]


def test_staff_sees_its_stores_and_no_other():
    for type in ("trip.arrived", "reservation.ready", "store.updated"):
        assert sees(STAFF, type, "app", "stores/a")
        assert not sees(STAFF, type, "app", "stores/b")
    assert not sees(STAFF, "alert.fired", "app", "stores/a")
