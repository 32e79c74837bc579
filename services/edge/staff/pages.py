"""Serves the pages of the staff of shops and of admins to signed-in people."""

import json
from functools import cache
from pathlib import Path
from typing import Any

import grpc
import structlog
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import HTMLResponse, JSONResponse, RedirectResponse, Response
from starlette.routing import Route

from enrayon.access.v1 import access_pb2
from enrayon.stores.v1 import stores_pb2
from services.client import Client
from services.edge import problems
from services.edge.staff.demand import demand
from services.edge.staff.sessions import (
    check_own_page,
    credentials,
    end,
    forget,
    keep,
    session_of,
)
from services.edge.web import templates
from services.edge.web.pages import STORE_ID
from services.edge.web.site import chosen_words
from services.edge.web.words import Words

FOLDER = Path(__file__).parent / "words"
MOST_BYTES = 4096
"""Limit of the body of a request to sign in."""

log = structlog.get_logger()


def routes(services: frozenset[str]) -> list[Route]:
    """The routes of the pages; without the access service, or stock, there are none."""
    if not {"access", "stock", "stores"} <= services:
        return []
    pages = Pages(services)
    return [
        Route("/sign-in", pages.sign_in),
        Route("/sign-in", open_session, methods=["POST"]),
        Route("/sign-out", end_session, methods=["POST"]),
        Route("/staff", pages.stores),
        Route("/staff/{id}", pages.counter),
        Route("/admin", pages.admin),
        Route("/admin/demand.json", demand),
    ]


class Pages:
    """Renders the pages."""

    def __init__(self, services: frozenset[str]) -> None:
        self._services = sorted(services)

    async def sign_in(self, request: Request) -> Response:
        """The page that a link opens. It has nothing that is secret, and is there for everybody."""
        return page(request, "sign-in", {})

    async def stores(self, request: Request) -> Response:
        """The counter of the one shop of a session, or the choice of several."""
        session = await session_of(request)
        if len(session.stores) == 1:
            id = session.stores[0].removeprefix("stores/")
            return RedirectResponse(f"/staff/{id}?lang={chosen_words(request).tag}", 303)
        return page(request, "stores", {"stores": list(session.stores), "isOpen": not session.key})

    async def counter(self, request: Request) -> Response:
        """The counter of a shop."""
        session = await session_of(request)
        store = f"stores/{request.path_params['id']}"
        if session.role != access_pb2.ROLE_ADMIN and store not in session.stores:
            raise HTTPException(404)
        found = await store_of(request, store)
        config = {
            "store": found.name,
            "title": found.display_name,
            "timeZone": found.time_zone,
            "services": self._services,
            "isOpen": not session.key,
        }
        return page(request, "counter", config, found.display_name)

    async def admin(self, request: Request) -> Response:
        """The overview of a chain."""
        session = await session_of(request)
        if session.role != access_pb2.ROLE_ADMIN:
            raise HTTPException(404)
        config = {"services": self._services, "isOpen": not session.key}
        return page(request, "admin", config, title_word="overview")


async def store_of(request: Request, name: str) -> stores_pb2.Store:
    """The store of a page.

    Raises:
        HTTPException: 404, if there is none.
    """
    client: Client = request.app.state.client
    if not STORE_ID.fullmatch(name.removeprefix("stores/")):
        raise HTTPException(404)
    try:
        return await client.stores.GetStore(
            stores_pb2.GetStoreRequest(name=name), metadata=credentials(request)
        )
    except grpc.aio.AioRpcError as error:
        if error.code() is grpc.StatusCode.NOT_FOUND:
            raise HTTPException(404) from None
        raise


async def open_session(request: Request) -> Response:
    """Exchange the code of a link for a cookie; tells the page to go on to.

    The session of the cookie before ends: nobody could end it afterwards by this browser.
    """
    check_own_page(request)
    body = await request.body()
    try:
        code = json.loads(body)["code"] if len(body) <= MOST_BYTES else None
    except (ValueError, TypeError, KeyError):
        code = None
    if not isinstance(code, str):
        raise HTTPException(400, 'want {"code": "..."}')
    client: Client = request.app.state.client
    session = await client.access.OpenSession(access_pb2.OpenSessionRequest(code=code[:200]))
    try:
        await end(request)
    except grpc.aio.AioRpcError as error:  # the link is used: the new session must be kept
        log.warning("a replaced session was not ended", code=error.code().name)
    is_admin = session.role == access_pb2.ROLE_ADMIN
    response = JSONResponse({"page": "/admin" if is_admin else "/staff"})
    keep(response, session)
    response.headers["cache-control"] = "no-store"
    return response


async def end_session(request: Request) -> Response:
    """End the session of this browser, which forgets its cookie also if the services fail."""
    check_own_page(request)
    response: Response = JSONResponse({})
    try:
        await end(request)
    except grpc.aio.AioRpcError as error:
        response = problems.service_failed(request, error)
    forget(response)
    return response


def page(
    request: Request,
    script: str,
    config: dict[str, Any],
    title: str = "",
    title_word: str = "signIn",
) -> Response:
    """A page in the reader's language: its template and its script have one name."""
    words = words_of(chosen_words(request))
    text = templates.render(
        f"staff/{script}.html",
        words,
        script=script,
        title=title or words.say(title_word),
        config={**config, "language": words.tag},
        words={"words": words.words, "kinds": {}},
    )
    return HTMLResponse(text, headers=headers())


def words_of(chosen: Words) -> Words:
    """The words of these pages in the language of the site's."""
    return chosen._replace(words=read_words(chosen.tag), kinds={})


@cache
def read_words(tag: str) -> dict[str, str | dict[str, str]]:
    """The words of these pages in a language; that of the site names it."""
    words: dict[str, str | dict[str, str]] = json.loads((FOLDER / f"{tag}.json").read_text())
    return words


def headers() -> dict[str, str]:
    """The headers of a page that no other page may frame and no search engine may keep."""
    return {
        "cache-control": "no-store",
        "vary": "accept-language, cookie",
        "referrer-policy": "no-referrer",
        "x-content-type-options": "nosniff",
        "x-frame-options": "DENY",
        "x-robots-tag": "noindex, nofollow, noarchive",
        "permissions-policy": "camera=(self), microphone=(), geolocation=()",
        "content-security-policy": "; ".join(
            [
                "default-src 'self'",
                "img-src 'self' data: blob:",
                "style-src 'self' 'unsafe-inline'",  # MapLibre styles its markers
                "worker-src blob:",
                "object-src 'none'",
                "base-uri 'none'",
                "form-action 'self'",
                "frame-ancestors 'none'",
            ]
        ),
    }
