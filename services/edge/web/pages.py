"""Renders the locator's page, in the reader's language, and a page for each store."""

import re
from typing import Any

import grpc
from google.protobuf.json_format import MessageToDict
from starlette.requests import Request
from starlette.responses import HTMLResponse, Response
from starlette.routing import Mount, Route

from enrayon.hours.v1 import hours_pb2
from enrayon.stores.v1 import stores_pb2
from geodata.samples import HELSINKI_CENTRE
from services.client import Client
from services.edge.addresses import base_url
from services.edge.languages import accepted, best
from services.edge.settings import EdgeSettings
from services.edge.web import assets, templates
from services.edge.web.structured_data import store_as_schema_org
from services.edge.web.words import languages, words_of

STORE_ID = re.compile(r"[a-z0-9][a-z0-9._~-]{0,190}")


def routes(edge: EdgeSettings, services: frozenset[str]) -> list[Route | Mount]:
    """The routes of the locator; the page shows the parts of the available services."""
    locator = Locator(edge, services)
    return [
        Route("/", locator.page),
        Route("/stores/{id}", locator.store_page),
        *assets.routes(),
    ]


class Locator:
    """Renders the locator's pages."""

    def __init__(self, edge: EdgeSettings, services: frozenset[str]) -> None:
        self._edge = edge
        self._config = {
            "services": sorted(services),
            "mapStyle": edge.edge_map_style,
            "key": edge.edge_page_key,
            "center": [HELSINKI_CENTRE.longitude, HELSINKI_CENTRE.latitude],
        }

    async def page(self, request: Request) -> Response:
        """The locator."""
        return self._render(request, title="enrayon", data=None)

    async def store_page(self, request: Request) -> Response:
        """The locator with one store open, and the store's data for search engines."""
        client: Client = request.app.state.client
        id = request.path_params["id"]
        if not STORE_ID.fullmatch(id):
            return self._render(request, title="enrayon", data=None, status=404)
        try:
            store = await client.stores.GetStore(stores_pb2.GetStoreRequest(name=f"stores/{id}"))
        except grpc.aio.AioRpcError as error:
            # The page itself shows the error, and other stores.
            status = 404 if error.code() is grpc.StatusCode.NOT_FOUND else 503
            return self._render(request, title="enrayon", data=None, status=status)
        hours = await self._hours(client, store.name)
        data = store_as_schema_org(store, f"{base_url(self._edge)}/{store.name}", hours)
        town = store.address.locality
        title = f"{store.display_name}, {town}" if town else store.display_name
        return self._render(request, title=title, data=data)

    async def _hours(self, client: Client, store: str) -> dict[str, Any]:
        """The store's hours in schema.org's form; empty if they cannot be had."""
        if "hours" not in self._config["services"]:
            return {}
        request = hours_pb2.ExportStoreHoursRequest(
            name=f"{store}/hours", format=hours_pb2.HOURS_FORMAT_SCHEMA_ORG
        )
        try:
            exported = await client.hours.ExportStoreHours(request)
        except grpc.aio.AioRpcError:
            return {}
        hours: dict[str, Any] = MessageToDict(exported.document)
        return hours

    def _render(
        self, request: Request, *, title: str, data: dict[str, Any] | None, status: int = 200
    ) -> Response:
        language = chosen_language(request)
        words = words_of(language)
        page = templates.render(
            "locator.html",
            words,
            title=title,
            data=data,
            modules=assets.modules(),
            config={**self._config, "language": language},
            words={"words": words.words, "kinds": words.kinds},
        )
        return HTMLResponse(page, status, self._headers())

    def _headers(self) -> dict[str, str]:
        outside = " https:" if self._edge.edge_map_style else ""
        return {
            "cache-control": "no-cache",
            "vary": "accept-language",
            "referrer-policy": "same-origin",
            "x-content-type-options": "nosniff",
            "content-security-policy": "; ".join(
                [
                    "default-src 'self'",
                    f"connect-src 'self'{outside}",
                    f"img-src 'self' data: blob:{outside}",
                    "style-src 'self' 'unsafe-inline'",  # MapLibre styles its markers
                    "worker-src blob:",
                    "object-src 'none'",
                    "base-uri 'none'",
                    f"frame-ancestors {' '.join(self._edge.edge_embedders)}",
                ]
            ),
        }


def chosen_language(request: Request) -> str:
    """The page's language: that of `?lang=`, else the browser's preferred one, else English."""
    wanted = request.query_params.get("lang", "")
    return best([wanted, *accepted(request.headers.get("accept-language", ""))], [*languages()])
