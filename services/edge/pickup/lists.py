"""Lists for the shop's staff, `/v1/pickupLists:find`: the queue, with lines in aisle order.

Stock has the queue, aisle the shelves. A line without a known shelf comes last.
"""

import asyncio
import re
from typing import Any

from google.protobuf.json_format import MessageToDict
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from enrayon.aisle.v1 import aisle_pb2
from enrayon.stock.v1 import stock_pb2
from services.chassis.errors import InvalidArgument
from services.client import Client
from services.edge import unknown_fields
from services.edge.pickup.options import ADDITION_TIMEOUT_S, Options, located_at

PATH = "/v1/pickupLists:find"
DEFAULT_ENTRIES, MOST_ENTRIES = 20, 50
LOCATED_AT_ONCE = 100
"""Products of one call of LocateProducts."""
NUMBERS = re.compile("([0-9]+)")
QUERY = ("parent", "page_size", "page_token", "language_code")

Shelves = dict[str, aisle_pb2.LocatedProduct]
"""Product -> its shelves, the most certain first."""


class PickupLists:
    """Joins the queue of a store with the shelves of its goods."""

    def __init__(self, client: Client, services: frozenset[str]) -> None:
        self._client = client
        self._services = services

    async def find(
        self, request: stock_pb2.ListPickupQueueRequest, language_code: str
    ) -> dict[str, Any]:
        """A page of the queue in JSON; without shelves if aisle cannot be reached.

        Raises:
            AioRpcError: stock refuses the request, or cannot be reached.
        """
        request.page_size = min(request.page_size or DEFAULT_ENTRIES, MOST_ENTRIES)
        queue = await self._client.stock.ListPickupQueue(request)
        products = list(
            dict.fromkeys(
                item.product for entry in queue.entries for item in entry.reservation.items
            )
        )
        found = Options()
        shelves = await self._shelves(request.parent, products, language_code, found)
        entries = [
            MessageToDict(entry) | {"lines": lines(entry.reservation, shelves)}
            for entry in queue.entries
        ]
        answer: dict[str, Any] = {"entries": entries}
        if queue.next_page_token:
            answer["nextPageToken"] = queue.next_page_token
        if found.unreachable:
            answer["unreachable"] = sorted(set(found.unreachable))
        return answer

    async def _shelves(
        self, store: str, products: list[str], language_code: str, found: Options
    ) -> Shelves:
        if "aisle" not in self._services:
            return {}
        requests = [
            aisle_pb2.LocateProductsRequest(
                store=store,
                products=products[start : start + LOCATED_AT_ONCE],
                language_code=language_code,
            )
            for start in range(0, len(products), LOCATED_AT_ONCE)
        ]
        answers = await asyncio.gather(
            *(
                located_at(
                    self._client.aisle.LocateProducts(each, timeout=ADDITION_TIMEOUT_S), found
                )
                for each in requests
            )
        )
        return {each.product: each for answer in answers if answer for each in answer.located}


def lines(hold: stock_pb2.Reservation, shelves: Shelves) -> list[dict[str, Any]]:
    """The goods of a hold that are still to be handed over, in the order of the aisles."""
    left = [item for item in hold.items if item.held_quantity > item.collected_quantity]
    result = []
    for item in sorted(left, key=lambda item: place_of(shelves.get(item.product))):
        line: dict[str, Any] = {
            "product": item.product,
            "quantity": item.held_quantity - item.collected_quantity,
        }
        if shelf := shelves.get(item.product):
            line |= {"displayName": shelf.display_name, "address": shelf.shelves[0].address}
        result.append(line)
    return result


def place_of(located: aisle_pb2.LocatedProduct | None) -> tuple[Any, ...]:
    """Orders shelves by level, aisle, bay and shelf; aisle 10 comes after aisle 9."""
    if located is None:
        return (1,)
    placed = located.shelves[0].placement
    names = (naturally(placed.level), naturally(placed.aisle))
    return 0, *names, placed.bay, placed.side, placed.shelf, placed.position


def naturally(name: str) -> list[tuple[int, int, str]]:
    """A key by which numbers in names count as numbers."""
    return [
        (0, int(part[:9]), part) if part.isdecimal() else (1, 0, part)
        for part in NUMBERS.split(name)
        if part
    ]


def routes() -> list[Route]:
    """The route; its handler uses `app.state.pickup_lists`."""
    return [Route(PATH, find_pickup_lists, methods=["GET"])]


async def find_pickup_lists(request: Request) -> Response:
    """List the queue of a store with lines in aisle order."""
    finder: PickupLists = request.app.state.pickup_lists
    query: dict[str, str] = {}
    for name, value in request.query_params.multi_items():
        snake = re.sub("[A-Z]", lambda letter: f"_{letter[0].lower()}", name)
        if snake not in QUERY:
            near = unknown_fields.nearest(name, QUERY)
            raise unknown_fields.refusal(name[:100], QUERY, near)
        if snake in query:
            raise InvalidArgument.field(name[:100], "given twice")
        query[snake] = value
    size = query.get("page_size", "0")
    if not re.fullmatch("[0-9]{1,9}", size):
        raise InvalidArgument.field("page_size", "must be a number")
    language_code = query.get("language_code", "")
    if len(language_code) > 35:
        raise InvalidArgument.field("language_code", "must have at most 35 characters")
    queue = stock_pb2.ListPickupQueueRequest(
        parent=query.get("parent", ""), page_size=int(size), page_token=query.get("page_token", "")
    )
    return JSONResponse(await finder.find(queue, language_code))
