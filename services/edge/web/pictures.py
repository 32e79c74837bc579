"""The pictures that links to the pages show, drawn in child processes and kept within bounds."""

import asyncio
from collections import OrderedDict

import grpc
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from services.chassis.processes.pool import Pool
from services.edge.web.caching import conditional
from services.edge.web.cards import Card, draw_card
from services.edge.web.kinds import kinds_of
from services.edge.web.pages import STORE_ID
from services.edge.web.reader import Reader
from services.edge.web.site import chosen_words
from services.edge.web.sources import is_of_osm

DRAWERS = 1
MOST_WAITING = 16
LONGEST_S = 10.0
MOST_BYTES = 16 * 1024 * 1024
"""Limit of all pictures that are kept; one has about 60 kB."""
DAY = "public, max-age=86400"


class Pictures:
    """Draws a picture for each store, and one for all other pages."""

    def __init__(self, reader: Reader) -> None:
        """Draw what the services tell."""
        self._reader = reader
        self._pool = Pool(DRAWERS, MOST_WAITING, LONGEST_S)
        self._kept: OrderedDict[Card, bytes] = OrderedDict()
        self._drawing: dict[Card, asyncio.Task[bytes]] = {}

    def routes(self) -> list[Route]:
        """The routes of the pictures."""
        return [
            Route("/pictures/home.png", self.home),
            Route("/pictures/stores/{id}.png", self.store),
        ]

    async def stop(self) -> None:
        """End the processes that draw."""
        await self._pool.stop()

    async def home(self, request: Request) -> Response:
        """The picture of all pages but those of stores."""
        words = chosen_words(request)
        return await self._picture(request, Card(words.say("title"), (words.say("about"),)))

    async def store(self, request: Request) -> Response:
        """The picture of a store: its name, kind, address and place."""
        words = chosen_words(request)
        id = request.path_params["id"]
        if not STORE_ID.fullmatch(id):
            raise HTTPException(404)
        try:
            stores = await self._reader.public([f"stores/{id}"])
        except grpc.aio.AioRpcError:
            raise HTTPException(503) from None
        if not stores:
            raise HTTPException(404)
        [store] = stores
        address = ", ".join(store.address.address_lines)
        town = " ".join(filter(None, (store.address.postal_code, store.address.locality)))
        kinds = [words.kind(kind) for kind in kinds_of(store.attributes)]
        at = (store.location.latitude, store.location.longitude)
        card = Card(
            store.display_name,
            tuple(filter(None, (address, town))),
            kinds[0] if kinds else "",
            at if store.HasField("location") else None,
            is_of_osm=is_of_osm(store),
        )
        return await self._picture(request, card)

    async def _picture(self, request: Request, card: Card) -> Response:
        response = conditional(request, await self._drawn(card), "image/png", DAY)
        response.headers["vary"] = "accept-language"
        return response

    async def _drawn(self, card: Card) -> bytes:
        if card in self._kept:
            self._kept.move_to_end(card)
            return self._kept[card]
        if card not in self._drawing:
            # One drawing for all that wait for it, also if the first of them leaves.
            self._drawing[card] = asyncio.create_task(self._draw(card))
        return await asyncio.shield(self._drawing[card])

    async def _draw(self, card: Card) -> bytes:
        try:
            picture = await self._pool.run(draw_card, card)
        finally:
            del self._drawing[card]
        self._kept[card] = picture
        while sum(map(len, self._kept.values())) > MOST_BYTES:
            self._kept.popitem(last=False)
        return picture
