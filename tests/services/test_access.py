"""Every method, asked by everybody: who is let in, and whose things nobody else sees."""

import asyncio
import datetime as dt
import re
from collections.abc import AsyncIterator
from typing import Any

import grpc
import pytest
from google.api import annotations_pb2
from google.protobuf.descriptor import MethodDescriptor
from google.protobuf.message_factory import GetMessageClass

from enrayon.access.v1 import access_pb2_grpc
from enrayon.events.v1 import events_pb2_grpc
from enrayon.geofence.v1 import geofence_pb2, geofence_pb2_grpc
from enrayon.hours.v1 import hours_pb2_grpc
from enrayon.stock.v1 import stock_pb2, stock_pb2_grpc
from enrayon.stores.v1 import stores_pb2_grpc
from services.chassis.access.gate import Gate
from services.chassis.access.key_store import KeyStore
from services.chassis.access.keys import new_key
from services.chassis.access.policy import Role
from services.chassis.access.settings import AccessSettings
from services.chassis.clock import utc_now
from services.client.contracts import CONTRACTS
from services.client.interceptors import interceptors
from services.directory.parts import Parts
from services.policy import POLICY
from tests.support.hosting import serving
from tests.support.stock import FORUM, PRODUCTS, STOCKMANN, basket, state
from tests.support.stores import SHOPS, upsert
from tests.support.streams import SENT_TOO_LATE

SHOP = "https://shop.example"
NO_PROTOBUF = b"\xff\xff\xff"
"""Whoever is let in is told that this is no request; nothing happens."""
METHODS = {
    f"/{service.full_name}/{method.name}": method
    for service in CONTRACTS
    for method in service.methods
}
ASKED_WITH = {
    "ExtendReservation": {"ttl": {"seconds": 60}},
    "ReportMissingItems": {"items": basket(milk=1)},
    "TransferReservation": {"destination_store": FORUM, "request_id": "b7c8"},
}
"""What a method needs beside the name."""

Metadata = list[tuple[str, str]]


@pytest.fixture
async def keys(parts: Parts) -> dict[str, Metadata]:
    """What each caller sends."""
    store = KeyStore(parts.client)

    async def made(name: str, role: Role, *origins: str) -> Metadata:
        key, token = new_key(name, role, utc_now(), origins=origins)
        assert await store.create(key)
        return [("x-api-key", token)]

    page = await made("web", Role.PAGE, SHOP)
    return {
        "anonymous": [],
        "wrong key": [("x-api-key", new_key("app", Role.ADMIN, utc_now())[1])],
        "wrong token": [("authorization", "Bearer e30.e30.e30")],
        "page": [*page, ("origin", SHOP)],
        "page elsewhere": [*page, ("origin", "https://other.example")],
        "own": await made("app", Role.CHANNEL),
        "other": await made("chat", Role.CHANNEL),
        "admin": await made("office", Role.ADMIN),
    }


@pytest.fixture
async def address(parts: Parts, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[str]:
    """All services behind a gate whose limits nobody meets here."""
    monkeypatch.setenv("ENRAYON_STOCK_ALLOW_LOSS", "true")
    monkeypatch.setenv("ENRAYON_EVENTS_SUBSCRIPTIONS_PER_CALLER", "0")
    limits = dict.fromkeys((f"limit_{r.name.lower()}_per_s" for r in Role), 1e6)
    settings = AccessSettings(access="enforced", **limits)
    async with (
        Gate(settings, POLICY, parts.client, utc_now) as gate,
        serving(parts, gate) as address,
    ):
        yield address


async def code_of(channel: Any, path: str, method: MethodDescriptor, metadata: Metadata) -> str:
    """How a call ends whose request is none."""
    kind = f"{'stream' if method.client_streaming else 'unary'}_"
    kind += "stream" if method.server_streaming else "unary"
    request = iter([NO_PROTOBUF]) if method.client_streaming else NO_PROTOBUF
    call = getattr(channel, kind)(path)(request, metadata=metadata)
    try:
        if method.server_streaming:
            await call.read()
        else:
            await call
    except grpc.aio.AioRpcError as error:
        if error.details() == SENT_TOO_LATE:
            return await code_of(channel, path, method, metadata)
        return error.code().name
    return "OK"


def expected(who: str, role: Role) -> str:
    """How a caller is answered where a role is asked for."""
    if who in ("wrong key", "wrong token"):
        return "UNAUTHENTICATED"
    if who == "page elsewhere":
        return "PERMISSION_DENIED"
    has = {"anonymous": Role.PUBLIC, "page": Role.PAGE, "admin": Role.ADMIN}
    if has.get(who, Role.CHANNEL) >= role:
        return "INVALID_ARGUMENT"
    return "UNAUTHENTICATED" if who == "anonymous" else "PERMISSION_DENIED"


async def test_every_method_lets_in_whom_it_should_and_nobody_else(address, keys, capfd, figure):
    found = {}
    async with grpc.aio.insecure_channel(address) as channel:
        for who in keys:
            calls = (code_of(channel, path, each, keys[who]) for path, each in METHODS.items())
            for path, code in zip(METHODS, await asyncio.gather(*calls), strict=True):
                found[path, who] = code
    told = "".join(capfd.readouterr())

    assert {(p, who): expected(who, POLICY[p].role) for p in METHODS for who in keys} == found
    assert not [value for sent in keys.values() for _, value in sent if value in told]
    figure(
        38,
        f"{len(METHODS)} RPCs asked by {len(keys)} kinds of callers ({', '.join(keys)}): "
        f"{len(found)} answers, each as the table of who may says",
    )


def own_methods(pattern: str) -> list[MethodDescriptor]:
    """The methods whose path names something that belongs to a caller."""
    found = []
    for method in METHODS.values():
        rule = method.GetOptions().Extensions[annotations_pb2.http]
        path = getattr(rule, rule.WhichOneof("pattern"))
        if re.match(rf"/v1/{{name={re.escape(pattern)}(/pickupCode)?}}", path):
            found.append(method)
    return found


class Caller:
    """One caller's stubs."""

    def __init__(self, address: str, metadata: Metadata) -> None:
        self.address = address
        self.channel: Any = grpc.aio.insecure_channel(
            address, interceptors=interceptors(30.0, lambda: metadata)
        )
        self.stores: Any = stores_pb2_grpc.StoresServiceStub(self.channel)
        self.hours: Any = hours_pb2_grpc.HoursServiceStub(self.channel)
        self.stock: Any = stock_pb2_grpc.StockServiceStub(self.channel)
        self.geofence: Any = geofence_pb2_grpc.GeofenceServiceStub(self.channel)
        self.events: Any = events_pb2_grpc.EventsServiceStub(self.channel)
        self.access: Any = access_pb2_grpc.AccessServiceStub(self.channel)

    async def named(self, method: MethodDescriptor, name: str) -> tuple[str, str]:
        """How a method about something named ends: the code, and what is told."""
        asked = f"{name}/pickupCode" if method.name == "GetPickupCode" else name
        request = GetMessageClass(method.input_type)(name=asked, **ASKED_WITH.get(method.name, {}))
        short = method.containing_service.full_name.split(".")[1]
        try:
            await getattr(getattr(self, short), method.name)(request)
        except grpc.aio.AioRpcError as error:
            return error.code().name, (error.details() or "").replace(name, "NAME")
        return "OK", ""


@pytest.fixture
async def callers(address: str, keys: dict[str, Metadata]) -> AsyncIterator[dict[str, Caller]]:
    """Callers by name; the shops have milk."""
    found = {who: Caller(address, keys[who]) for who in ("own", "other", "admin")}
    admin = found["admin"]
    await upsert(admin.stores, SHOPS)
    await admin.stock.UpsertProducts(iter([stock_pb2.UpsertProductsRequest(products=PRODUCTS)]))
    for store in (STOCKMANN, FORUM):
        await state(admin.stock, store, milk=20)
    yield found
    for caller in found.values():
        await caller.channel.close()


async def hold(caller: Caller, request_id: str = "") -> str:
    request = stock_pb2.CreateReservationRequest(
        parent=STOCKMANN, items=basket(milk=1), request_id=request_id
    )
    return str((await caller.stock.CreateReservation(request)).name)


async def alert(caller: Caller) -> str:
    wanted = {"products": ["products/bread"], "store": STOCKMANN}
    request = stock_pb2.CreateStockAlertRequest(stock_alert=wanted)
    return str((await caller.stock.CreateStockAlert(request)).name)


async def trip(caller: Caller, device: str = "anna") -> str:
    request = geofence_pb2.StartTripRequest(
        parent=STOCKMANN,
        device_id=device,
        consent=True,
        order="1234",
        travel_mode=geofence_pb2.TRAVEL_MODE_BIKE,
    )
    return str((await caller.geofence.StartTrip(request)).name)


@pytest.mark.parametrize(
    ("pattern", "make", "none", "least"),
    [
        ("stores/*/reservations/*", hold, f"{STOCKMANN}/reservations/AAAAAAAAAAAAAAAA", 8),
        ("stockAlerts/*", alert, "stockAlerts/AAAAAAAAAAAAAAAA", 2),
        ("stores/*/trips/*", trip, f"{STOCKMANN}/trips/00" + "0" * 20, 4),
    ],
)
async def test_what_belongs_to_another_is_not_there(callers, pattern, make, none, least, figure):
    """Not by any method: the answer is word for word that about something that never was."""
    methods = own_methods(pattern)
    assert least <= len(methods)
    name = await make(callers["own"])
    for method in methods:
        there = await callers["other"].named(method, name)
        nowhere = await callers["other"].named(method, none)
        assert ("NOT_FOUND", there) == (there[0], nowhere), method.name

    reads = next(method for method in methods if method.name.startswith("Get"))
    assert ("OK", "") == await callers["own"].named(reads, name)
    for method in methods:
        if method.name.startswith(("Cancel", "Delete")):
            assert ("OK", "") == await callers["own"].named(method, name), method.name
    figure(38, f"{pattern} of another by {len(methods)} methods: NOT_FOUND, as if there were none")


async def test_lists_show_ones_own_and_admins_see_all(callers):
    holds = {who: await hold(callers[who]) for who in ("own", "other")}
    trips = {who: await trip(callers[who]) for who in ("own", "other")}
    shown: dict[str, tuple[set[str], set[str]]] = {}
    for who, caller in callers.items():
        request = stock_pb2.ListReservationsRequest(parent=STOCKMANN)
        listed = await caller.stock.ListReservations(request)
        coming = await caller.geofence.ListArrivals(
            geofence_pb2.ListArrivalsRequest(parent=STOCKMANN)
        )
        shown[who] = (
            {each.name for each in listed.reservations},
            {each.trip.name for each in coming.arrivals},
        )

    assert {
        "own": ({holds["own"]}, {trips["own"]}),
        "other": ({holds["other"]}, {trips["other"]}),
        "admin": (set(holds.values()), set(trips.values())),
    } == shown


async def test_the_same_request_id_of_another_is_another_request(callers):
    first = await hold(callers["own"], "b7c8")
    assert first == await hold(callers["own"], "b7c8")
    assert first != await hold(callers["other"], "b7c8")


async def test_staff_may_move_a_hold_and_it_stays_its_owners(callers):
    name = await hold(callers["own"])
    request = stock_pb2.TransferReservationRequest(
        name=name, destination_store=FORUM, request_id="b7c8"
    )
    moved = (await callers["admin"].stock.TransferReservation(request)).name
    get = METHODS["/enrayon.stock.v1.StockService/GetReservation"]

    assert moved.startswith(FORUM)
    assert ("OK", "") == await callers["own"].named(get, moved)
    assert "NOT_FOUND" == (await callers["other"].named(get, moved))[0]


async def test_the_same_device_id_of_another_is_another_device(callers):
    async def reported(who: str) -> str:
        fix = geofence_pb2.Fix(device_id="anna", location={"latitude": 60, "longitude": 25})
        fix.device_time.FromDatetime(dt.datetime.now(dt.UTC))
        request = geofence_pb2.ReportPositionRequest(fix=fix, consent=True)
        return str((await callers[who].geofence.ReportPosition(request)).result.subject)

    async def erased(who: str) -> bool:
        request = geofence_pb2.EraseDeviceRequest(device_id="anna")
        return bool((await callers[who].geofence.EraseDevice(request)).found)

    anna = await reported("own")
    assert not await erased("other")
    assert anna == await reported("own")
    assert anna != await reported("other")
    assert await erased("own")
