"""Every key that the suite writes has a row in the table of growth, which says what bounds it."""

import asyncio
import contextlib
import re
from typing import Any

import pytest

from enrayon.aisle.v1 import aisle_pb2
from enrayon.events.v1 import events_pb2
from enrayon.geofence.v1 import geofence_pb2
from enrayon.hours.v1 import hours_pb2
from enrayon.stock.v1 import stock_pb2
from services import app
from services.chassis.access.policy import Role
from services.directory import records
from services.stock import worker
from services.stock.model.alerts import Alert
from services.stock.model.levels import packed_row
from services.stock.model.partitions import StoreKeys, partition_of, tag
from services.stock.state.alerts import Alerts
from services.stock.state.demand import Demand
from services.stock.state.holds import Holds
from services.stock.state.ledger import Ledger
from services.stock.state.levels import Levels
from services.stock.state.matching import Matching
from tests.support.firing import firing
from tests.support.gated import Callers, gated
from tests.support.paths import ROOT
from tests.support.stock import FORUM, KAMPPI, MILK, SHEARS, STOCKMANN, basket, state

SCALING = ROOT / "deploy" / "scaling.md"
ROW = re.compile(r"^\| `([^`]+)`(.*?)\|(.*)\|(.*)\|(.*)\|$", re.MULTILINE)


class Row:
    """A row of the table: patterns of keys, who makes them grow, the bound, and its test."""

    def __init__(self, cells: list[str]) -> None:
        self.patterns = re.findall(r"`([^`]+)`", cells[0])
        self.by, self.bound, self.test = cells[1:]

    def has(self, key: str) -> bool:
        """Whether a key is one of this row."""
        return any(re.fullmatch(regex(pattern), key) for pattern in self.patterns)


def regex(pattern: str) -> str:
    """The regular expression of a pattern: `NN` is a partition, `<name>` any text."""
    parts = re.split(r"(<[^>]+>|NN)", pattern)
    of = {"NN": "[0-9]{2}"}
    return "".join(of.get(p, "[^{}]+" if p.startswith("<") else re.escape(p)) for p in parts)


def table() -> list[Row]:
    """The rows of the table."""
    text = SCALING.read_text("utf-8").partition("## What each key may grow to")[2]
    lines = [line for line in text.partition("\n## ")[0].splitlines() if line.startswith("| `")]
    return [Row([cell.strip() for cell in line.strip("| ").split(" | ")]) for line in lines]


async def ignoring(call: Any) -> None:
    """A call of the load; a refusal writes nothing."""
    with contextlib.suppress(Exception):
        await call


async def load(callers: Callers, parts: Any) -> None:
    """Calls of all roles that write something."""
    admin, channel, page = (callers.by(r) for r in (Role.ADMIN, Role.CHANNEL, Role.PAGE))
    pb = geofence_pb2
    hours = hours_pb2.StoreHours(name=f"{STOCKMANN}/hours", expression="24/7")
    await admin.hours.UpdateStoreHours(hours_pb2.UpdateStoreHoursRequest(store_hours=hours))
    slots = stock_pb2.PickupSlotRule(
        method=stock_pb2.PICKUP_METHOD_IN_STORE, duration={"seconds": 3600}, capacity=5
    )
    policy = stock_pb2.StockPolicy(name=f"{STOCKMANN}/stockPolicy", pickup_slots=[slots])
    await admin.stock.UpdateStockPolicy(stock_pb2.UpdateStockPolicyRequest(stock_policy=policy))
    group = stock_pb2.StockGroup(name="stockGroups/g", stores=[STOCKMANN])
    await admin.stock.UpdateStockGroup(stock_pb2.UpdateStockGroupRequest(stock_group=group))
    circle = {"center": KAMPPI["point"], "radius_m": 300}
    fence = pb.Fence(circle=circle, dwell_time={"seconds": 60})
    await admin.geofence.CreateFence(pb.CreateFenceRequest(fence=fence, fence_id="f"))
    webhook = events_pb2.Subscription(webhook={"uri": "https://hooks.example/x"})
    for subscription in (events_pb2.Subscription(), webhook):
        request = events_pb2.CreateSubscriptionRequest(subscription=subscription)
        await ignoring(admin.events.CreateSubscription(request))
    placement = aisle_pb2.ProductPlacements(
        product=MILK, placements=[aisle_pb2.Placement(aisle="7", side=aisle_pb2.SIDE_LEFT, bay=3)]
    )
    placed = aisle_pb2.UpsertPlacementsRequest(parent=STOCKMANN, products=[placement])
    await admin.aisle.UpsertPlacements(iter([placed]))
    for product in (MILK, SHEARS):
        alert = stock_pb2.StockAlert(products=[product], store=STOCKMANN)
        await channel.stock.CreateStockAlert(stock_pb2.CreateStockAlertRequest(stock_alert=alert))
    await state(admin.stock, STOCKMANN, milk=50)
    listing = stock_pb2.ListPickupSlotsRequest(parent=STOCKMANN)
    slot = (await page.stock.ListPickupSlots(listing)).pickup_slots[0].name
    for caller in (channel, page):
        hold = stock_pb2.CreateReservationRequest(
            parent=STOCKMANN,
            items=basket(milk=1),
            shopper="s",
            request_id="r",
            pickup_slot=slot,
        )
        await caller.stock.CreateReservation(hold)
    await page.aisle.SubmitPlacementFeedback(
        aisle_pb2.SubmitPlacementFeedbackRequest(
            store=STOCKMANN,
            product=MILK,
            kind=aisle_pb2.SubmitPlacementFeedbackRequest.KIND_FOUND,
            placement=aisle_pb2.Placement(aisle="7", side=aisle_pb2.SIDE_LEFT, bay=3),
        )
    )
    search = stock_pb2.FindNearestAvailabilityRequest(items=basket(shears=1), origin=KAMPPI)
    await page.stock.FindNearestAvailability(search)
    await admin.stock.ListUnmetDemand(stock_pb2.ListUnmetDemandRequest())
    await channel.geofence.UpdateDevice(
        pb.UpdateDeviceRequest(device_id="phone", consent=True, device={"reference": "r"})
    )
    await channel.geofence.StartTrip(
        pb.StartTripRequest(parent=FORUM, device_id="phone", order="o", consent=True)
    )
    location = {"latitude": KAMPPI["point"]["latitude"], "longitude": KAMPPI["point"]["longitude"]}
    fix = pb.Fix(device_id="phone", location=location, accuracy_m=10)
    fix.device_time.GetCurrentTime()
    await channel.geofence.ReportPosition(pb.ReportPositionRequest(fix=fix, consent=True))
    await worker.fire(firing(parts.client))
    await worker.end_expired(Holds(parts.client))
    await worker.trim(Matching(parts.client), Ledger(parts.client), kept_ms=-1)
    await Demand(parts.client).flush()


async def test_row_55_every_key_that_a_mixed_load_writes_has_a_row(parts, figure, monkeypatch):
    monkeypatch.setenv("ENRAYON_STOCK_ALLOW_LOSS", "true")
    async with gated(parts, limit_page_holds_per_hour=1000) as callers:
        services = app.built(parts, [])
        running: list[asyncio.Task[None]] = [
            asyncio.ensure_future(loop())
            for service in services
            if "geofence" in service.descriptor.full_name
            for loop in service.workers.values()
        ]
        await load(callers, parts)
        await asyncio.sleep(1)
        for task in running:
            task.cancel()
        await asyncio.gather(*running, return_exceptions=True)
        keys = sorted({key.decode() async for key in parts.client.scan_iter(count=1000)})

    rows = table()
    unknown = [key for key in keys if not any(row.has(key) for row in rows)]
    seen = sum(any(row.has(key) for key in keys) for row in rows)
    figure(55, f"{len(keys)} keys of a mixed load, {len(unknown)} without a row; {seen} rows seen")
    assert [] == sorted(set(unknown)), unknown


@pytest.mark.parametrize("row", table(), ids=lambda row: row.patterns[0])
def test_each_row_names_a_bound_and_a_test_that_shows_it(row):
    assert row.bound
    path, _, name = row.test.strip("`").partition("::")
    assert f"def {name}(" in (ROOT / "tests" / path).read_text("utf-8")


async def test_a_partition_numbers_so_many_sources(database):
    of = StoreKeys.of("t-forum")
    await database.hset(of.sources, mapping={f"feed-{n}": n for n in range(1, 65_536)})
    levels = Levels(database)
    rows = packed_row("milk", 5, 0, 0)
    known = await levels.set("t-forum", "feed-7", 1, 1_700_000_000, rows)
    new = await levels.set("t-forum", "one-more", 1, 1_700_000_000, rows)
    assert (b"a", b"f", 65_535) == (known, new, await database.hlen(of.sources))


async def test_a_wake_is_one_entry(database):
    alerts = Alerts(database)
    for number in range(10):
        await alerts.create("owner", Alert(f"a{number}", ("milk",), ("t-forum",), 1, 2**42))
    assert 1 == await database.xlen(f"{tag(partition_of('t-forum'))}:wake")


async def test_the_changes_of_a_kind_are_bounded(database, monkeypatch):
    monkeypatch.setattr(records, "CHANGES_KEPT", 100)
    things = records.Records(database, "things")
    for number in range(10):
        writes = [records.Write(f"t{n}", f"{number:016}x".encode()) for n in range(100)]
        await things.write(writes)
    assert 300 > await database.xlen("{things}:changes")
