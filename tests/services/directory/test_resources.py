"""No update of a resource is lost, and a batch is created as a whole or not at all."""

import asyncio
import datetime as dt
from typing import Any

import pytest
from google.protobuf.field_mask_pb2 import FieldMask

from enrayon.aisle.v1 import aisle_pb2
from enrayon.events.v1 import events_pb2
from enrayon.geofence.v1 import geofence_pb2
from enrayon.hours.v1 import hours_pb2
from enrayon.stores.v1 import stores_pb2
from services.aisle.resources.anchors import ANCHOR
from services.aisle.resources.blocked_areas import BLOCKED_AREA
from services.chassis.clock import utc_now
from services.chassis.errors import AlreadyExists, EtagMismatch, InvalidArgument, NotFound
from services.directory.kind import Kind
from services.directory.records import Records
from services.directory.resources import Resources
from services.directory.writer import Writer
from services.events.resources.subscriptions import SUBSCRIPTION
from services.geofence.resources.fences import FENCE
from services.hours.resources.store_events import STORE_EVENT
from services.hours.resources.store_hours import STORE_HOURS
from services.stores.resources.stores import STORE

NOON = dt.datetime(2026, 12, 1, 12, tzinfo=dt.UTC)


class Current:
    """A replica that is always current."""

    async def caught_up(self, sequence: int) -> bool:
        return sequence >= 0


class Together(Records):
    """Records whose first reads wait for each other: all happen before the first write."""

    def __init__(self, client: Any, kind: str, readers: int) -> None:
        super().__init__(client, kind)
        self._barrier = asyncio.Barrier(readers)
        self._left = readers

    async def read(self, id: str) -> bytes | None:
        record = await super().read(id)
        if self._left:
            self._left -= 1
            await self._barrier.wait()
        return record


def resources(database, kind: Kind[Any], readers: int = 0) -> Resources[Any]:
    records = Together(database, "things", readers) if readers else Records(database, "things")
    return Resources(kind, Writer(records, Current()), utc_now)


def store(**fields: Any) -> stores_pb2.Store:
    return stores_pb2.Store(name="stores/a", **fields)


def hours(**fields: Any) -> hours_pb2.StoreHours:
    return hours_pb2.StoreHours(name="stores/a/hours", **fields)


def fence(name: str = "a", **fields: Any) -> geofence_pb2.Fence:
    area = {"center": {"latitude": 60.17, "longitude": 24.93}, "radius_m": 300}
    return geofence_pb2.Fence(name=f"fences/{name}", circle=area, **fields)


UPDATED = [
    pytest.param(
        STORE,
        store(display_name="Kamppi", location={"latitude": 60.17, "longitude": 24.93}),
        store(display_name="Kamppi", brand="Alko"),
        id="a store",
    ),
    pytest.param(
        STORE_HOURS,
        hours(expression="Mo-Fr 08:00-18:00"),
        hours(cut_offs={"order_before_close_minutes": 15}),
        id="hours",
    ),
    pytest.param(
        FENCE,
        fence(display_name="Kamppi"),
        fence(exit_buffer_m=20),
        id="fences",
    ),
]
"""Kinds with UpdateX(allow_missing), and two changes of different fields."""


@pytest.mark.parametrize(("kind", "one", "other"), UPDATED)
async def test_two_concurrent_creations_by_update_lose_nothing(database, kind, one, other):
    """Both callers find no resource; the second to write must see the first one's change."""
    shared = resources(database, kind, readers=2)
    answers = await asyncio.gather(
        *(shared.update(each, FieldMask(), allow_missing=True) for each in (one, other))
    )
    kept = await resources(database, kind).read(one.name)
    for change in (one, other):
        for field, value in change.ListFields():
            assert value == getattr(kept, field.name), field.name
    assert kept in answers


@pytest.mark.parametrize(("kind", "one", "other"), UPDATED)
async def test_two_concurrent_updates_lose_nothing(database, kind, one, other):
    first = kind.message(name=one.name)
    first.MergeFrom(one)
    await resources(database, kind).update(first, FieldMask(), allow_missing=True)
    shared = resources(database, kind, readers=2)
    [*paths] = {field.name for field, _ in other.ListFields()} - {"name"}
    cleared = kind.message(name=one.name)
    emptied = [field.name for field, _ in one.ListFields() if field.name not in ("name", *paths)]
    await asyncio.gather(
        shared.update(other, FieldMask(paths=paths)),
        shared.update(cleared, FieldMask(paths=emptied)),
    )
    kept = await resources(database, kind).read(one.name)
    for name in paths:
        assert getattr(other, name) == getattr(kept, name)
    for name in emptied:
        assert getattr(cleared, name) == getattr(kept, name)


@pytest.mark.parametrize(("kind", "one", "other"), UPDATED)
async def test_an_update_with_an_old_etag_changes_nothing(database, kind, one, other):
    one_kind = resources(database, kind)
    made = await one_kind.update(one, FieldMask(), allow_missing=True)
    changed = await one_kind.update(other, FieldMask())
    late = kind.message(name=one.name, etag=made.etag)
    with pytest.raises(EtagMismatch):
        await one_kind.update(late, FieldMask(paths=[one.ListFields()[-1][0].name]))
    assert changed == await one_kind.read(one.name)


def event(name: str, title: str) -> hours_pb2.StoreEvent:
    return hours_pb2.StoreEvent(
        name=f"stores/a/events/{name}",
        title=title,
        start_time=NOON,
        end_time=NOON + dt.timedelta(hours=1),
    )


def anchor(name: str, title: str) -> aisle_pb2.Anchor:
    at = aisle_pb2.IndoorPosition(level="0", x_m=1, y_m=2)
    return aisle_pb2.Anchor(name=f"stores/a/anchors/{name}", display_name=title, position=at)


def area(name: str, title: str) -> aisle_pb2.BlockedArea:
    expires = dt.datetime.now(dt.UTC) + dt.timedelta(days=1)
    return aisle_pb2.BlockedArea(
        name=f"stores/a/blockedAreas/{name}",
        reason=title,
        level="0",
        aisle="3",
        expire_time=expires.replace(hour=0, minute=0, second=0, microsecond=0),
    )


def circle(name: str, title: str) -> geofence_pb2.Fence:
    return fence(name, display_name=title)


def subscription(name: str, title: str) -> events_pb2.Subscription:
    return events_pb2.Subscription(
        name=f"subscriptions/{name}",
        filter={"labels": {"title": title}},
        scope=events_pb2.Subscription.SCOPE_ALL,
    )


CREATED = [
    pytest.param(STORE_EVENT, event, id="events"),
    pytest.param(ANCHOR, anchor, id="anchors"),
    pytest.param(BLOCKED_AREA, area, id="blocked areas"),
    pytest.param(FENCE, circle, id="fences"),
    pytest.param(SUBSCRIPTION, subscription, id="subscriptions"),
]
"""Kinds with CreateX, and a function that makes a resource."""


@pytest.mark.parametrize(("kind", "make"), CREATED)
async def test_one_name_twice_in_a_batch_creates_nothing(database, kind, make):
    things = resources(database, kind)
    batch = [make("x", "one"), make("y", "two"), make("x", "three")]
    with pytest.raises(AlreadyExists, match="x already exists"):
        await things.create(batch)
    assert [None, None] == [await things.read(each.name) for each in batch[:2]]


@pytest.mark.parametrize(("kind", "make"), CREATED)
async def test_a_batch_with_a_name_that_another_call_takes_creates_nothing(database, kind, make):
    """Ten batches share one name: one is created whole, the others leave nothing."""
    things = resources(database, kind)
    batches = [[make(f"own-{n}", "own"), make("shared", f"of {n}")] for n in range(10)]
    answers = await asyncio.gather(
        *(things.create(batch) for batch in batches), return_exceptions=True
    )
    created = [answer for answer in answers if not isinstance(answer, BaseException)]
    assert [2] == [len(answer) for answer in created]
    assert all(isinstance(a, AlreadyExists | list) for a in answers)
    kept = [n for n, batch in enumerate(batches) if await things.read(batch[0].name) is not None]
    assert [answers.index(created[0])] == kept


@pytest.mark.parametrize(("kind", "make"), CREATED)
async def test_a_retry_finds_what_the_first_attempt_created(database, kind, make):
    things = resources(database, kind)
    [first] = await things.create([make("x", "one")])
    assert [first] == await things.create([make("x", "one")])
    assert [first, first] == await things.create([make("x", "one"), make("x", "one")])
    with pytest.raises(AlreadyExists):
        await things.create([make("x", "another")])
    assert first == await things.read(first.name)


@pytest.mark.parametrize(("kind", "make"), CREATED)
async def test_validate_only_writes_nothing(database, kind, make):
    things = resources(database, kind)
    await things.create([make("x", "one")], validate_only=True)
    assert await things.read(make("x", "one").name) is None


@pytest.mark.parametrize(("kind", "make"), CREATED)
async def test_a_resource_is_deleted_once(database, kind, make):
    things = resources(database, kind)
    [made] = await things.create([make("x", "one")])
    assert await things.delete(made.name)
    assert await things.read(made.name) is None
    assert not await things.delete(made.name, allow_missing=True)
    with pytest.raises(NotFound) as raised:
        await things.delete(made.name)
    assert {"name": made.name} == raised.value.metadata


async def test_an_invalid_field_is_named_by_its_path_in_the_request(database):
    with pytest.raises(InvalidArgument) as raised:
        await resources(database, STORE).update(
            store(display_name="x", location={"latitude": 91}), FieldMask(), allow_missing=True
        )
    assert ["store.location"] == [field for field, _ in raised.value.violations]
