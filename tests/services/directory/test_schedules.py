"""Schedules of all stores agree with those of each store alone, in any order of changes."""

import datetime as dt

import numpy as np
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from enrayon.hours.v1 import hours_pb2
from enrayon.stores.v1 import stores_pb2
from geodata.schedule.model import State
from geodata.schedule.timeline import timeline
from services.directory import schedules as module
from services.directory.directory import places_of_holidays
from services.directory.filters import StoreFilter
from services.directory.hours import HoursReplica
from services.directory.imported_hours import imported_hours
from services.directory.replicas import Change
from services.directory.schedules import Schedules
from services.directory.stores import StoresReplica
from services.directory.subscribers import Listener

TEXTS = ("", "24/7", "Mo-Fr 09:00-19:00", "Sa-Su 10:00-18:00; PH off", "9 to 5 or so", "off")
ZONES = ("Europe/Helsinki", "America/New_York", "")
MONDAY_NOON = dt.datetime(2026, 11, 30, 12, tzinfo=dt.UTC)
IDS = st.integers(0, 8).map("s-{}".format)


class LocalFeed:
    """A feed without a database: its listeners are called at each change of its replica."""

    def __init__(self, replica) -> None:
        self.replica = replica
        self._listeners: list[Listener] = []

    def listen(self, listener: Listener) -> None:
        self._listeners.append(listener)

    def apply(self, id: str, after: bytes | None) -> None:
        self.tell(self.replica.apply(id, after))

    def reload(self) -> None:
        self.replica = type(self.replica)(list(self.replica.records()))
        self.tell(None)

    def tell(self, change: Change | None) -> None:
        for listener in self._listeners:
            listener(change)


@st.composite
def stores(draw):
    store = stores_pb2.Store(
        name=f"stores/{draw(IDS)}",
        opening_hours_text=draw(st.sampled_from(TEXTS)),
        time_zone=draw(st.sampled_from(ZONES)),
        status=draw(st.sampled_from((1, 1, 1, 3))),
        private=draw(st.sampled_from((False, False, True))),
        address={"region_code": "FI"},
    )
    if draw(st.booleans()):
        store.location.latitude, store.location.longitude = 60.17, draw(st.floats(24, 25))
    return store


@st.composite
def given_hours(draw):
    id = draw(IDS)
    hours = hours_pb2.StoreHours(
        name=f"stores/{id}/hours", expression=draw(st.sampled_from(TEXTS[:4]))
    )
    if draw(st.booleans()):
        hours.closures.add(start_time={"seconds": int(MONDAY_NOON.timestamp())})
    for service in draw(st.sets(st.sampled_from(("pharmacy", "returns")))):
        hours.services.add(
            name=f"stores/{id}/services/{service}", expression=draw(st.sampled_from(TEXTS[:3]))
        )
    return hours


changes = st.lists(
    st.one_of(
        stores(),
        given_hours(),
        IDS,
        st.sampled_from(("look", "reload stores", "reload hours")),
    ),
    max_size=25,
)
instants = st.integers(-200, 200).map(lambda hours: MONDAY_NOON + dt.timedelta(hours=hours))


@settings(
    max_examples=100, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(changes, instants, st.sampled_from((0, 60)), st.sampled_from(("", "pharmacy")))
def test_open_rows_are_those_of_the_stores_one_by_one(monkeypatch, changes, at, minutes, service):
    monkeypatch.setattr(module, "SPARE", 1)  # so that schedules are numbered anew often
    by_store, by_hours = LocalFeed(StoresReplica()), LocalFeed(HoursReplica())
    schedules = Schedules(by_store, by_hours)
    opening = schedules.opening(at, minutes, service)
    for change in changes:
        if isinstance(change, stores_pb2.Store):
            by_store.apply(change.name[7:], change.SerializeToString())
        elif isinstance(change, hours_pb2.StoreHours):
            by_hours.apply(change.name[7:-6], change.SerializeToString())
        elif change == "look":
            opening.rows(np.arange(by_store.replica.index.row_count))
        elif change == "reload stores":
            by_store.reload()
        elif change == "reload hours":
            by_hours.reload()
        else:
            by_store.apply(change, None)

    replica = by_store.replica
    alone = sorted(
        id for id, _ in replica.records() if is_open(schedules, id, at, minutes, service)
    )
    wanted = StoreFilter(opening=opening, statuses=frozenset({1, 3}))
    assert alone == replica.ids(wanted)
    located = [id for id in alone if id in replica.index]
    assert located == sorted(replica.ids_of_rows(np.flatnonzero(replica.mask(wanted))))


def is_open(schedules: Schedules, id: str, at: dt.datetime, minutes: int, service: str) -> bool:
    found = schedules.of(id)
    if found is None or (service and service not in found.services):
        return False
    line = timeline(found.services[service] if service else found.own)
    return line.state_at(at).state is State.OPEN and line.open_for(at, minutes)


def test_equal_hours_of_many_stores_are_one_schedule():
    shops = [
        stores_pb2.Store(
            name=f"stores/s-{number}",
            opening_hours_text=TEXTS[number % 3],
            time_zone="Europe/Helsinki",
            location={"latitude": 60.17, "longitude": 24 + number / 1_000},
        )
        for number in range(1_000)
    ]
    replica = StoresReplica((shop.name[7:], shop.SerializeToString()) for shop in shops)
    schedules = Schedules(LocalFeed(replica), LocalFeed(HoursReplica()))
    schedules.refresh()
    assert 3 == len(schedules._imported)
    assert 666 == schedules.opening(MONDAY_NOON).rows(np.arange(1_000)).sum()


def test_holidays_are_worked_out_for_the_places_of_hours_that_may_name_them():
    shops = [
        stores_pb2.Store(opening_hours_text="Mo-Fr 09:00-18:00", address={"region_code": "FI"}),
        stores_pb2.Store(opening_hours_text="Mo-Fr 09:00-18:00; PH off"),
        stores_pb2.Store(opening_hours_text="24/7; PH off", address={"region_code": "FR"}),
    ]
    assert {("FR", "")} == places_of_holidays(map(imported_hours, shops))
