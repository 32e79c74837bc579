"""The web site: constructs its parts and runs what they need."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Mount, Route

from services.client import Client
from services.edge.settings import EdgeSettings
from services.edge.web import assets
from services.edge.web.catalogue import Catalogue
from services.edge.web.discovery import Discovery
from services.edge.web.pages import Locator
from services.edge.web.pictures import Pictures
from services.edge.web.reader import Reader
from services.edge.web.site import Site
from services.edge.web.towns import Towns


class Web:
    """The locator, the pages of stores, towns and kinds, and their files."""

    def __init__(self, edge: EdgeSettings, client: Client, services: frozenset[str]) -> None:
        """Show the parts of the available services; the client calls as the page."""
        self._client = client
        self._site = Site(edge)
        reader = Reader(client, services)
        self._pictures = Pictures(reader)
        self._catalogue = Catalogue(reader, self._site.base, edge.edge_catalogue_s)
        self._parts = (
            Towns(self._site, reader, self._catalogue),
            Locator(self._site, reader, services),
            Discovery(self._site, self._catalogue),
            self._pictures,
        )

    def routes(self) -> list[Route | Mount]:
        """The routes of all pages and files."""
        return [*(route for part in self._parts for route in part.routes()), *assets.routes()]

    def missing(self, request: Request) -> Response:
        """The page for an address without a page."""
        return self._site.missing(request)

    @asynccontextmanager
    async def running(self) -> AsyncIterator[None]:
        """Count the stores while this is entered."""
        async with self._client:
            counting = asyncio.create_task(self._catalogue.follow())
            try:
                yield
            finally:
                counting.cancel()
                with suppress(asyncio.CancelledError):
                    await counting
                await self._pictures.stop()
