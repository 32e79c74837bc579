"""Every method, asked about one store by each kind of caller: the table of `deploy/access.md`."""

import itertools
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from typing import Any

import grpc
import pytest
from google.protobuf.descriptor import MethodDescriptor
from google.protobuf.message_factory import GetMessageClass

from enrayon.events.v1 import events_pb2
from enrayon.geofence.v1 import geofence_pb2
from enrayon.hours.v1 import hours_pb2
from enrayon.stock.v1 import stock_pb2
from services.chassis.access.credentials import SESSION_COOKIE, SESSION_HEADER
from services.chassis.access.key_store import KeyStore
from services.chassis.access.keys import new_key, parse_token
from services.chassis.access.policy import At, Role
from services.chassis.access.sessions import opened, with_link
from services.chassis.access.settings import AccessSettings
from services.chassis.clock import utc_now
from services.directory.parts import Parts
from services.policy import POLICY
from tests.services.test_access import METHODS, NO_PROTOBUF, SHOP, Caller, Metadata, address
from tests.support.paths import ROOT
from tests.support.stock import FORUM, MILK, PRODUCTS, SOKOS, STOCKMANN, basket, state
from tests.support.stores import SHOPS, upsert
from tests.support.streams import SENT_TOO_LATE

__all__ = ["address"]  # a fixture

HERE = STOCKMANN
"""The store of all requests; staff of it is staff of `SOKOS` too."""
COLUMNS = {
    "anonymous": "no key",
    "page": "page",
    "here": "staff, own store",
    "elsewhere": "staff, other store",
    "own": "channel, its own",
    "other": "channel, another's",
    "admin": "admin",
}
CELLS = {
    "OK": "yes",
    "INVALID_ARGUMENT": "yes",
    "UNAUTHENTICATED": "key",
    "PERMISSION_DENIED": "no",
    "NOT_FOUND": "not found",
}
"""How an answer reads. Let in is who is told that a request is none; what is another's is none."""


@pytest.fixture
async def keys(parts: Parts) -> dict[str, Metadata]:
    """What each caller sends."""
    store = KeyStore(parts.client)

    async def made(name: str, role: Role, *stores: str, origins: tuple[str, ...] = ()) -> Metadata:
        ids = tuple(each.removeprefix("stores/") for each in stores)
        key, token = new_key(name, role, utc_now(), stores=ids, origins=origins)
        assert await store.create(key)
        return [("x-api-key", token)]

    return {
        "anonymous": [],
        "page": [*await made("web", Role.PAGE, origins=(SHOP,)), ("origin", SHOP)],
        "here": await made("tablet", Role.STAFF, HERE, SOKOS),
        "elsewhere": await made("till", Role.STAFF, FORUM),
        "own": await made("app", Role.CHANNEL),
        "other": await made("chat", Role.CHANNEL),
        "admin": await made("office", Role.ADMIN),
    }


@pytest.fixture
async def callers(address: str, keys: dict[str, Metadata]) -> AsyncIterator[dict[str, Caller]]:
    """Callers by name; the shops have milk."""
    found = {who: Caller(address, metadata) for who, metadata in keys.items()}
    admin = found["admin"]
    await upsert(admin.stores, SHOPS)
    await admin.stock.UpsertProducts(iter([stock_pb2.UpsertProductsRequest(products=PRODUCTS)]))
    for store in (HERE, SOKOS, FORUM):
        await state(admin.stock, store, milk=1000)
    yield found
    for caller in found.values():
        await caller.channel.close()


LATER, LATEST = {"seconds": 4_000_000_000}, {"seconds": 4_000_003_600}
numbers = itertools.count(1)
"""Sequences of sources, and devices."""


async def hold(owner: Caller, store: str = HERE) -> str:
    request = stock_pb2.CreateReservationRequest(parent=store, items=basket(milk=1))
    return str((await owner.stock.CreateReservation(request)).name)


async def collected(owner: Caller) -> str:
    name = await hold(owner)
    await owner.stock.CollectReservation(stock_pb2.CollectReservationRequest(name=name))
    return name


async def receipt(owner: Caller) -> str:
    name = f"{await hold(owner)}/pickupCode"
    return str((await owner.stock.GetPickupCode(stock_pb2.GetPickupCodeRequest(name=name))).text)


async def code(owner: Caller) -> str:
    name = f"{await hold(owner)}/pickupCode"
    return str((await owner.stock.GetPickupCode(stock_pb2.GetPickupCodeRequest(name=name))).code)


async def trip(owner: Caller, store: str = HERE) -> str:
    request = geofence_pb2.StartTripRequest(
        parent=store, device_id=f"phone-{next(numbers)}", consent=True, order="1234"
    )
    return str((await owner.geofence.StartTrip(request)).name)


async def alert(owner: Caller) -> str:
    wanted = {"products": [MILK], "store": HERE}
    request = stock_pb2.CreateStockAlertRequest(stock_alert=wanted)
    return str((await owner.stock.CreateStockAlert(request)).name)


async def subscription(owner: Caller, **fields: Any) -> str:
    request = events_pb2.CreateSubscriptionRequest(
        subscription=events_pb2.Subscription(filter={"types": ["store.updated"]}, **fields)
    )
    return str((await owner.events.CreateSubscription(request)).name)


async def webhook(owner: Caller) -> str:
    return await subscription(owner, webhook={"uri": "https://hooks.example/x"})


async def closure(admin: Caller) -> str:
    request = hours_pb2.CreateClosureRequest(parent=HERE, closure={"start_time": LATER})
    return str((await admin.hours.CreateClosure(request)).name)


async def store_event(admin: Caller) -> str:
    fields = {"title": "Tasting", "start_time": LATER, "end_time": LATEST}
    request = hours_pb2.CreateStoreEventRequest(parent=HERE, store_event=fields)
    return str((await admin.hours.CreateStoreEvent(request)).name)


async def nothing(_: Caller) -> str:
    return ""


Make = Callable[[Caller], Awaitable[str]]
Fields = Callable[[str], Mapping[str, Any]]

REQUESTS: dict[str, tuple[Make, Fields]] = {
    "stock.GetReservation": (hold, lambda name: {"name": name}),
    "stock.CancelReservation": (hold, lambda name: {"name": name}),
    "stock.UpdateReservation": (
        hold,
        lambda name: {
            "reservation": {
                "name": name,
                "items": [{"product": MILK, "requested_quantity": 1}],
            }
        },
    ),
    "stock.ExtendReservation": (hold, lambda name: {"name": name, "ttl": {"seconds": 60}}),
    "stock.PrepareReservation": (hold, lambda name: {"name": name}),
    "stock.MarkReservationReady": (hold, lambda name: {"name": name}),
    "stock.CollectReservation": (hold, lambda name: {"name": name}),
    "stock.UndoCollectReservation": (collected, lambda name: {"name": name}),
    "stock.ReportMissingItems": (
        hold,
        lambda name: {"name": name, "items": basket(milk=1)},
    ),
    "stock.ListPickupQueue": (nothing, lambda _: {"parent": HERE}),
    "stock.WatchPickupQueue": (nothing, lambda _: {"parent": HERE}),
    "stock.TransferReservation": (
        hold,
        lambda name: {"name": name, "destination_store": SOKOS, "request_id": name[-8:]},
    ),
    "stock.GetPickupCode": (hold, lambda name: {"name": f"{name}/pickupCode"}),
    "stock.FindReservationByCode": (code, lambda text: {"parent": HERE, "code": text}),
    "stock.VerifyReceipt": (receipt, lambda text: {"receipt": text}),
    "stock.CreateReservation": (nothing, lambda _: {"parent": HERE, "items": basket(milk=1)}),
    "stock.ListReservations": (nothing, lambda _: {"parent": HERE, "shopper": "s" * 22}),
    "stock.WatchReservations": (nothing, lambda _: {"parent": HERE}),
    "stock.ListStockLevels": (nothing, lambda _: {"parent": HERE}),
    "stock.GetStockPolicy": (nothing, lambda _: {"name": f"{HERE}/stockPolicy"}),
    "stock.SetStockLevels": (
        nothing,
        lambda _: {
            "store": HERE,
            "source": "staff-1",
            "sequence": next(numbers),
            "levels": [{"product": MILK, "on_hand": 1000}],
        },
    ),
    "stock.AdjustStock": (
        nothing,
        lambda _: {
            "store": HERE,
            "source": "staff-1",
            "sequence": next(numbers),
            "deltas": [{"product": MILK, "delta": 1}],
        },
    ),
    "stock.GetStockAlert": (alert, lambda name: {"name": name}),
    "stock.DeleteStockAlert": (alert, lambda name: {"name": name}),
    "geofence.GetTrip": (trip, lambda name: {"name": name}),
    "geofence.CheckInTrip": (trip, lambda name: {"name": name}),
    "geofence.CompleteTrip": (trip, lambda name: {"name": name}),
    "geofence.CancelTrip": (trip, lambda name: {"name": name}),
    "geofence.ListArrivals": (nothing, lambda _: {"parent": HERE}),
    "events.GetSubscription": (subscription, lambda name: {"name": name}),
    "events.UpdateSubscription": (
        subscription,
        lambda name: {"subscription": {"name": name, "disabled": True}},
    ),
    "events.DeleteSubscription": (subscription, lambda name: {"name": name}),
    "events.StreamEvents": (subscription, lambda name: {"subscription": name}),
    "events.AckEvents": (
        subscription,
        lambda name: {"subscription": name, "ack_tokens": ["stores-1-0"]},
    ),
    "events.RotateSubscriptionSecret": (webhook, lambda name: {"name": name}),
    "events.ListDeadLetters": (webhook, lambda name: {"parent": name}),
    "events.ReplayDeadLetters": (webhook, lambda name: {"parent": name}),
    "hours.CreateClosure": (
        nothing,
        lambda _: {"parent": HERE, "closure": {"start_time": LATER, "reason": "works"}},
    ),
    "hours.CancelClosure": (closure, lambda name: {"name": name}),
    "hours.CreateStoreEvent": (
        nothing,
        lambda _: {
            "parent": HERE,
            "store_event": {"title": "Tasting", "start_time": LATER, "end_time": LATEST},
        },
    ),
    "hours.DeleteStoreEvent": (store_event, lambda name: {"name": name}),
    "aisle.SubmitPlacementFeedback": (
        nothing,
        lambda _: {
            "store": HERE,
            "product": MILK,
            "kind": "KIND_FOUND",
            "placement": {"level": "0", "aisle": "7"},
        },
    ),
}
"""What is made by the owner first, and the request about it. All other methods ask for no store of
staff's, and belong to nobody: they get bytes that are no request, so that nothing happens."""


def short(method: MethodDescriptor) -> str:
    return f"{method.containing_service.full_name.split('.')[1]}.{method.name}"


def request_of(method: MethodDescriptor, fields: Mapping[str, Any]) -> bytes:
    return bytes(GetMessageClass(method.input_type)(**fields).SerializeToString())


async def code_of(caller: Caller, path: str, method: MethodDescriptor, request: bytes) -> str:
    """How a call ends; of an endless stream, how it begins."""
    kind = f"{'stream' if method.client_streaming else 'unary'}_"
    kind += "stream" if method.server_streaming else "unary"
    call = getattr(caller.channel, kind)(path)(
        iter([request]) if method.client_streaming else request
    )
    try:
        if method.server_streaming:
            await call.read()
            call.cancel()
        else:
            await call
    except grpc.aio.AioRpcError as error:
        if error.details() == SENT_TOO_LATE:
            return await code_of(caller, path, method, request)
        return error.code().name
    return "OK"


async def answers(callers: dict[str, Caller]) -> dict[str, dict[str, str]]:
    """Method -> caller -> how it is answered."""
    found: dict[str, dict[str, str]] = {}
    for path, method in METHODS.items():
        make, fields = REQUESTS.get(short(method), (None, None))
        cells = {}
        for who, caller in callers.items():
            request = NO_PROTOBUF
            if make and fields:
                owner = callers["admin" if short(method).startswith("hours") else "own"]
                request = request_of(method, fields(await make(owner)))
            code = await code_of(caller, path, method, request)
            assert (code == "INVALID_ARGUMENT") <= (request is NO_PROTOBUF), (who, short(method))
            cells[who] = CELLS[code]
        found[short(method)] = cells
    return found


def table(found: dict[str, dict[str, str]]) -> str:
    """The answers for people."""
    lines = [f"| method | {' | '.join(COLUMNS.values())} |", f"|---|{'---|' * len(COLUMNS)}"]
    for method, cells in found.items():
        lines.append(f"| {method} | {' | '.join(cells[who] for who in COLUMNS)} |")
    return "\n".join(lines) + "\n"


async def test_the_table_of_the_documentation_is_what_a_running_suite_answers(callers, figure):
    """To write it anew: replace the table of `deploy/access.md` with the one that is printed, after
    a look at each cell that changed.
    """
    found = await answers(callers)
    print(table(found))
    written = (ROOT / "deploy/access.md").read_text().partition("| method |")
    kept = "".join(written[1:])

    assert table(found) == kept
    cells = [cell for row in found.values() for cell in row.values()]
    counted = ", ".join(f"{cells.count(word)} {word}" for word in dict.fromkeys(CELLS.values()))
    figure(
        38,
        f"{len(found)} RPCs about one store by {len(COLUMNS)} kinds of callers, staff of this and "
        f"of another store among them: {len(cells)} answers ({counted}), each as deploy/access.md",
    )


async def signed_in(parts: Parts, address: str, name: str) -> Caller:
    """A page of the person of a key, by a link and its session."""
    store, now = KeyStore(parts.client), utc_now()
    before = await store.get(name)
    assert before
    with_one, code = with_link(before, now)
    parsed = parse_token(code)
    assert parsed
    found = opened(with_one, parsed[1], now, AccessSettings())
    assert found
    after, _, token = found
    assert await store.replace(before, after)
    return Caller(address, [("cookie", f"{SESSION_COOKIE}={token}"), (SESSION_HEADER, "page")])


async def test_a_session_may_what_its_key_may_and_nothing_else(callers, parts, figure):
    """Staff of one shop, at its page, sees nothing of another."""
    address = callers["own"].address
    people = {"here": "tablet", "elsewhere": "till", "admin": "office"}
    signed = {who: await signed_in(parts, address, name) for who, name in people.items()}
    found = await answers({**signed, "own": callers["own"]})
    written = (ROOT / "deploy/access.md").read_text().partition("| method |")[2]
    rows = [line.strip("|").split(" | ") for line in written.splitlines()[2:]]
    columns = {who: 1 + place for place, who in enumerate(COLUMNS)}
    expected = {
        row[0].strip(): {who: row[columns[who]].strip(" |") for who in signed} for row in rows
    }
    assert expected == {name: {who: cells[who] for who in signed} for name, cells in found.items()}
    figure(
        23,
        f"{len(found)} RPCs by the sessions of staff here, of staff of another store and of an "
        "admin are answered as by their keys",
    )
    for caller in signed.values():
        await caller.channel.close()


def test_every_method_that_finds_the_store_of_staff_is_asked_about_one():
    at = {short(METHODS[path]) for path, rule in POLICY.items() if isinstance(rule.staff, At)}
    assert at
    assert set() == at - REQUESTS.keys()


async def test_staff_sees_all_of_its_store_and_nothing_of_another(callers, figure):
    owners = ("own", "other", "page", "here")
    holds = {await hold(callers[who]) for who in owners}
    trips = {await trip(callers[who]) for who in ("own", "other")}
    there = await hold(callers["own"], FORUM)
    arrivals = geofence_pb2.ListArrivalsRequest(parent=HERE)
    request = stock_pb2.ListReservationsRequest(parent=HERE)

    watch = callers["here"].stock.WatchReservations(stock_pb2.WatchReservationsRequest(parent=HERE))
    await watch.read()
    listed = (await callers["here"].stock.ListReservations(request)).reservations
    coming = (await callers["here"].geofence.ListArrivals(arrivals)).arrivals
    assert holds == {each.name for each in listed}
    assert trips == {each.trip.name for each in coming}
    new = await hold(callers["other"])
    assert new == (await watch.read()).reservation.name
    watch.cancel()

    for parent in (FORUM, "stores/t-none"):
        with pytest.raises(grpc.aio.AioRpcError) as refused:
            elsewhere = stock_pb2.ListReservationsRequest(parent=parent)
            await callers["here"].stock.ListReservations(elsewhere)
        assert ("PERMISSION_DENIED", "parent: is not a store of this caller") == (
            refused.value.code().name,
            refused.value.details(),
        )
    get = METHODS["/enrayon.stock.v1.StockService/GetReservation"]
    found = await callers["here"].named(get, there)
    none = await callers["here"].named(get, f"{FORUM}/reservations/AAAAAAAAAAAAAAAA")
    assert ("NOT_FOUND", none) == (found[0], found)
    figure(
        38,
        f"staff lists {len(listed)} holds of {len(owners)} callers and {len(coming)} arrivals at "
        "its store, and is told of a new one; another store's are refused or NOT_FOUND, word for "
        "word as if there were none",
    )


async def test_a_hold_goes_from_the_shelf_to_the_hand_by_staff_and_stays_its_owners(callers):
    name = await hold(callers["own"])
    stock = callers["here"].stock
    await stock.PrepareReservation(stock_pb2.PrepareReservationRequest(name=name))
    await stock.MarkReservationReady(stock_pb2.MarkReservationReadyRequest(name=name))
    done = await stock.CollectReservation(
        stock_pb2.CollectReservationRequest(name=name, request_id="b7c8")
    )
    seen = await callers["own"].stock.GetReservation(stock_pb2.GetReservationRequest(name=name))

    assert stock_pb2.Reservation.STATE_COLLECTED == done.state == seen.state


async def test_what_staff_made_is_not_there_once_it_is_bound_to_another_store(callers, parts):
    name = await hold(callers["here"])
    keys = KeyStore(parts.client)
    assert await keys.revoke("tablet")
    key, token = new_key("tablet", Role.STAFF, utc_now(), stores=("t-forum",))
    assert await keys.create(key)
    moved = Caller(callers["here"].address, [("x-api-key", token)])
    get = METHODS["/enrayon.stock.v1.StockService/GetReservation"]

    assert "NOT_FOUND" == (await moved.named(get, name))[0]
    assert "OK" == (await moved.named(get, await hold(callers["own"], FORUM)))[0]
    await moved.channel.close()


async def test_staff_moves_a_hold_between_its_own_stores_alone(callers):
    name = await hold(callers["own"])
    request = stock_pb2.TransferReservationRequest(
        name=name, destination_store=FORUM, request_id="b7c8"
    )
    with pytest.raises(grpc.aio.AioRpcError) as refused:
        await callers["here"].stock.TransferReservation(request)
    assert "destination_store: is not a store of this caller" == refused.value.details()

    request.destination_store = SOKOS
    moved = (await callers["here"].stock.TransferReservation(request)).name
    get = METHODS["/enrayon.stock.v1.StockService/GetReservation"]
    assert ("OK", "") == await callers["own"].named(get, moved)


async def test_staff_cannot_speak_for_another_source_of_stock(callers):
    request = stock_pb2.AdjustStockRequest(
        store=HERE,
        source="erp",
        sequence=2**48 - 1,
        deltas=[stock_pb2.StockDelta(product=MILK, delta=1)],
    )
    with pytest.raises(grpc.aio.AioRpcError) as refused:
        await callers["here"].stock.AdjustStock(request)
    assert "source: shop staff sends staff-[1-8]" == refused.value.details()

    request.source = "staff-1"
    assert 1 == (await callers["here"].stock.AdjustStock(request)).applied_count
    fed = await state(callers["admin"].stock, HERE, 2, milk=700)
    assert (1, 0) == (fed.applied_count, fed.ignored_count)
