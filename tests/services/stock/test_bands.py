"""A store that answers with bands alone: no answer of any method or view tells its level."""

import asyncio
import json
import re
from typing import Any

import grpc
import httpx
import pytest
from mcp import Client as Agent

from enrayon.stock.v1 import stock_pb2
from services.client import Client
from services.stock import worker
from services.stock.bootstrap import CONTRACT
from tests.support.edge_app import running
from tests.support.firing import firing
from tests.support.stock import FORUM, KAMPPI, MILK, PRODUCTS, STOCKMANN, basket, state
from tests.support.stock_state import told as events_of

LEVEL = 731_365
"""Of milk; all that is derived from it in this test begins with the same four digits."""
TRUE_NUMBER = re.compile(r"(?<![0-9])7313[0-9]{2}(?![0-9])")
GROUP = "stockGroups/town"
ALL = {"paths": ["*"]}
LEDGER = {"ExportStockMovements", "ReconcileStock"}
"""Answers for the staff who keep the ledger: it is what they ask for."""


class Told:
    """Calls the stock service, and keeps the text of each answer and error by method."""

    def __init__(self, stub: Any) -> None:
        self._stub = stub
        self.texts: dict[str, list[str]] = {method.name: [] for method in CONTRACT.methods}

    async def ask(self, method: str, request: Any, *, take: int = 0) -> Any:
        """The answer, or None for an error; of a stream the first `take` answers."""
        call = getattr(self._stub, method)(request)
        try:
            async with asyncio.timeout(20):
                answer = [await call.read() for _ in range(take)] if take else await call
        except grpc.aio.AioRpcError as error:
            told = f"{error.details()} {error.trailing_metadata()}"
            self.texts[method].append(told)
            return None
        self.texts[method] += map(str, answer if take else [answer])
        return answer

    @property
    def leaks(self) -> list[tuple[str, str]]:
        """Each answer with a true number."""
        return [
            (method, text)
            for method, texts in self.texts.items()
            for text in texts
            if TRUE_NUMBER.search(text)
        ]


def hold_of(units: int, **fields: Any) -> stock_pb2.CreateReservationRequest:
    return stock_pb2.CreateReservationRequest(
        parent=STOCKMANN, items=basket(milk=units, bread=1), **fields
    )


async def ask_all(told: Told, database: Any, page: Any, *, bands_only: bool) -> Any:
    """Ask every method what it can be asked of the milk at Stockmann; the alert that fired."""

    def policy(**fields: Any) -> stock_pb2.UpdateStockPolicyRequest:
        name = f"{STOCKMANN}/stockPolicy"
        kept = stock_pb2.StockPolicy(name=name, bands_only=bands_only, **fields)
        return stock_pb2.UpdateStockPolicyRequest(stock_policy=kept)

    ask, names = told.ask, stock_pb2
    products = names.UpsertProductsRequest(products=PRODUCTS)
    await ask("UpsertProducts", iter([products]))
    await ask("UpdateStockPolicy", policy())
    group = names.StockGroup(name=GROUP, stores=[STOCKMANN])
    await ask("UpdateStockGroup", names.UpdateStockGroupRequest(stock_group=group))
    alert = names.StockAlert(products=[MILK], store=STOCKMANN, min_quantity=2)
    made = await ask("CreateStockAlert", names.CreateStockAlertRequest(stock_alert=alert))
    level = names.StockLevelInput(product=MILK, on_hand=LEVEL - 1)
    future = level.futures.add(quantity=LEVEL)
    future.date.year, future.date.month, future.date.day = 2199, 1, 1
    bread = names.StockLevelInput(product="products/bread", on_hand=9)
    request = names.SetStockLevelsRequest(
        store=STOCKMANN, source="erp", sequence=1, levels=[level, bread]
    )
    await ask("SetStockLevels", iter([request]))
    delta = names.StockDelta(product=MILK, delta=1)
    adjust = names.AdjustStockRequest(store=STOCKMANN, source="till", sequence=1, deltas=[delta])
    await ask("AdjustStock", adjust)
    await state(page, FORUM, milk=5, bread=5)

    await ask("GetProduct", names.GetProductRequest(name=MILK))
    await ask("SearchProducts", names.SearchProductsRequest(query="milk"))
    await ask("GetStockLevels", names.GetStockLevelsRequest(store=STOCKMANN, products=[MILK]))
    for fields in ({"stores": [STOCKMANN]}, {"group": GROUP}):
        batch = names.BatchGetStockLevelsRequest(products=[MILK], **fields)
        await ask("BatchGetStockLevels", batch)
    await ask("ListStockLevels", names.ListStockLevelsRequest(parent=STOCKMANN))
    for least in (1, 800_000):
        listed = names.ListStoresWithStockRequest(product=MILK, min_quantity=least)
        await ask("ListStoresWithStock", listed)
    await ask("GetStockPolicy", names.GetStockPolicyRequest(name=f"{STOCKMANN}/stockPolicy"))
    await ask("GetStockGroup", names.GetStockGroupRequest(name=GROUP))
    for options in ({}, {"allow_partial": True}, {"allow_split": True}):
        near = names.FindNearestAvailabilityRequest(
            items=basket(milk=800_000, bread=1), origin=KAMPPI, read_mask=ALL, **options
        )
        await ask("FindNearestAvailability", near)
        near.items[0].quantity = 2
        await ask("FindNearestAvailability", near)
    for units in (2, 800_000):
        pickup = names.FindPickupOptionsRequest(
            items=basket(milk=units, bread=1), origin=KAMPPI, read_mask=ALL
        )
        await ask("FindPickupOptions", pickup)

    watch = names.WatchReservationsRequest(parent=STOCKMANN)
    [begun] = await ask("WatchReservations", watch, take=1)
    for partial in (False, True):
        for validate in (True, False):
            wanted = {"allow_partial": partial, "validate_only": validate}
            held = await ask("CreateReservation", hold_of(999_999, **wanted))
            if held and not validate:  # a store that shows its level gives all of it
                await ask("CancelReservation", names.CancelReservationRequest(name=held.name))
    back_order = policy(sell_policy=names.SELL_POLICY_BACK_ORDER)
    await ask("UpdateStockPolicy", back_order)
    back_ordered = await ask("CreateReservation", hold_of(999_998))
    await ask("CancelReservation", names.CancelReservationRequest(name=back_ordered.name))
    await ask("UpdateStockPolicy", policy())
    await ask("ListPickupSlots", names.ListPickupSlotsRequest(parent=STOCKMANN))
    held = await ask("CreateReservation", hold_of(2, allow_partial=True))
    name = held.name
    await ask("GetReservation", names.GetReservationRequest(name=name))
    await ask("ListReservations", names.ListReservationsRequest(parent=STOCKMANN))
    watch.resume_token = begun.resume_token
    await ask("WatchReservations", watch, take=3)
    extend = names.ExtendReservationRequest(name=name, ttl={"seconds": 60})
    await ask("ExtendReservation", extend)
    item = {"product": MILK, "requested_quantity": 999_998}
    update = names.UpdateReservationRequest(reservation={"name": name, "items": [item]})
    await ask("UpdateReservation", update)
    update.reservation.items[0].requested_quantity = 2
    await ask("UpdateReservation", update)
    await ask("PrepareReservation", names.PrepareReservationRequest(name=name))
    await ask("MarkReservationReady", names.MarkReservationReadyRequest(name=name))
    given = await ask("GetPickupCode", names.GetPickupCodeRequest(name=f"{name}/pickupCode"))
    found = names.FindReservationByCodeRequest(parent=STOCKMANN, code=given.code)
    await ask("FindReservationByCode", found)
    await ask("VerifyReceipt", names.VerifyReceiptRequest(receipt=held.receipt))
    collect = names.CollectReservationRequest(name=name, items=basket(milk=999_997))
    await ask("CollectReservation", collect)
    missing = names.ReportMissingItemsRequest(name=name, items=basket(milk=999_997))
    await ask("ReportMissingItems", missing)
    collect.items[0].quantity = 1
    await ask("CollectReservation", collect)
    await ask("ListPickupQueue", names.ListPickupQueueRequest(parent=STOCKMANN))
    queue = names.WatchPickupQueueRequest(parent=STOCKMANN, resume_token=begun.resume_token)
    await ask("WatchPickupQueue", queue, take=3)
    await ask("UndoCollectReservation", names.UndoCollectReservationRequest(name=name))
    for store in (FORUM, STOCKMANN):
        moved = names.TransferReservationRequest(name=name, destination_store=store)
        moved_to = await ask("TransferReservation", moved)
        name = moved_to.name if moved_to else name
    await ask("CancelReservation", names.CancelReservationRequest(name=name))

    await worker.fire(firing(database))
    fired = await ask("GetStockAlert", names.GetStockAlertRequest(name=made.name))
    await ask("ListStockAlerts", names.ListStockAlertsRequest())
    await ask("DeleteStockAlert", names.DeleteStockAlertRequest(name=made.name))
    await ask("ListUnmetDemand", names.ListUnmetDemandRequest())
    await ask("DeleteProduct", names.DeleteProductRequest(name="products/shears"))
    return fired.finding.items[0]


async def event_texts(database: Any) -> list[tuple[str, str]]:
    """The type and the data of each event of the store."""
    return [(event.type, str(event.data)) for event in await events_of(database, "t-stockmann")]


async def asked_of_the_edge(url: str) -> dict[str, str]:
    """The answers of the edge's views by their name."""
    found = {}
    items = [{"product": MILK, "quantity": 700_000}]
    async with httpx.AsyncClient(base_url=url, timeout=30) as http:
        for units in (2, 800_000):
            wanted = [{"product": MILK, "quantity": units}]
            body = {"items": wanted, "origin": KAMPPI, "readMask": "*"}
            options = await http.post("/v1/pickupOptions:find", json=body)
            assert 200 == options.status_code
            found[f"pick-up options of {units}"] = options.text
        page = await http.get("/stores/t-stockmann")
        assert 200 == page.status_code
        found["page"] = page.text
        ucp = await http.post("/ucp/locations/search", json={"filters": {"items": ["milk"]}})
        assert 200 == ucp.status_code
        found["UCP"] = ucp.text
    async with Agent(f"{url}/mcp", read_timeout_seconds=30) as agent:
        for units in (2, 999_999):
            items[0]["quantity"] = units
            for tool, arguments in (
                ("find_stock_nearby", {"items": items, **KAMPPI["point"], "allow_partial": True}),
                ("hold_items", {"items": items, "store": STOCKMANN}),
                ("hold_items", {"items": items, "store": STOCKMANN, "confirm": True}),
                ("find_pickup_options", {"items": items, **KAMPPI["point"]}),
            ):
                answer = await agent.call_tool(tool, arguments)
                found[f"{tool} of {units} {len(found)}"] = json.dumps(
                    [str(answer.content), answer.structured_content]
                )
    return found


@pytest.mark.timeout(120)
async def test_row_52_no_answer_tells_the_level(parts, database, figure):
    async with running(parts) as (url, address), Client(address) as enrayon:
        told = Told(enrayon.stock)
        alert = await ask_all(told, database, enrayon.stock, bands_only=True)
        edge = await asked_of_the_edge(url)

    asked = {method for method, texts in told.texts.items() if texts}
    answers = sum(map(len, told.texts.values()))
    events = await event_texts(database)
    leaks = told.leaks + [
        (name, text) for name, text in [*edge.items(), *events] if TRUE_NUMBER.search(text)
    ]
    figure(
        52,
        f"bands only: {answers} answers and errors of {len(asked)} methods and {len(edge)} of the"
        f" edge, {len(events)} events, {len(leaks)} with the true number",
    )
    assert {method.name for method in CONTRACT.methods} - LEDGER == asked
    assert (MILK, 2) == (alert.product, alert.quantity), "as many as were wanted"
    assert [] == leaks


async def test_the_search_for_numbers_finds_those_of_a_store_that_shows_them(parts, database):
    async with running(parts) as (_, address), Client(address) as enrayon:
        told = Told(enrayon.stock)
        alert = await ask_all(told, database, enrayon.stock, bands_only=False)
    leaking = {method for method, _ in told.leaks}
    leaking |= {type for type, text in await event_texts(database) if TRUE_NUMBER.search(text)}
    assert leaking >= {
        "AdjustStock",
        "GetStockLevels",
        "BatchGetStockLevels",
        "ListStockLevels",
        "ListStoresWithStock",
        "FindNearestAvailability",
        "FindPickupOptions",
        "CreateReservation",
        "GetStockAlert",
        "alert.fired",
        "ListStockAlerts",
    }
    assert alert.quantity > 700_000
