"""Signing in and out at the application, over real services behind their gate."""

from collections.abc import AsyncIterator
from dataclasses import dataclass
from http.cookies import SimpleCookie

import grpc
import httpx
import pytest
import structlog
from starlette.applications import Starlette

from enrayon.access.v1 import access_pb2 as pb
from services.chassis.access.credentials import SESSION_COOKIE, SESSION_HEADER
from services.chassis.access.key_store import KeyStore
from services.chassis.access.keys import new_key
from services.chassis.access.policy import Role
from services.chassis.access.sessions import with_link
from services.chassis.clock import utc_now
from services.client.contracts import CONTRACTS
from services.directory.parts import Parts
from services.edge.app import build
from services.edge.settings import EdgeSettings
from tests.support.edge_app import listening
from tests.support.gated import Callers, gated

FAILURES = {
    grpc.StatusCode.RESOURCE_EXHAUSTED: 429,
    grpc.StatusCode.UNAVAILABLE: 503,
    grpc.StatusCode.DEADLINE_EXCEEDED: 504,
}


@dataclass
class Site:
    """The application, a browser of it without a store of cookies, and the services."""

    app: Starlette
    http: httpx.AsyncClient
    callers: Callers
    parts: Parts

    async def link(self, name: str) -> str:
        """The code of a link of a new key of an admin."""
        key, code = with_link(new_key(name, Role.ADMIN, utc_now())[0], utc_now())
        assert await KeyStore(self.parts.client).create(key)
        return code

    async def post(self, path: str, token: str = "", **body: str) -> httpx.Response:
        """A request of a page with a cookie."""
        cookie = {"cookie": f"{SESSION_COOKIE}={token}"} if token else {}
        return await self.http.post(path, json=body, headers={SESSION_HEADER: "page", **cookie})

    async def sign_in(self, name: str, token: str = "") -> str:
        """Sign in by a new key; the token of the session."""
        answer = await self.post("/sign-in", token, code=await self.link(name))
        assert 200 == answer.status_code, answer.text
        return str(cookie_of(answer).value)

    async def sessions(self) -> list[str]:
        """The keys of all sessions."""
        admin = self.callers.by(Role.ADMIN)
        found = await admin.access.ListSessions(pb.ListSessionsRequest())
        return [session.key for session in found.sessions]

    def fail(self, monkeypatch: pytest.MonkeyPatch, code: grpc.StatusCode) -> None:
        """Have no session end from now on."""

        async def failing(*_: object, **__: object) -> None:
            nothing = grpc.aio.Metadata()
            raise grpc.aio.AioRpcError(code, nothing, nothing, "not now")

        monkeypatch.setattr(self.app.state.client.access, "DeleteSession", failing)


def cookie_of(answer: httpx.Response):
    """The cookie that an answer sets."""
    return SimpleCookie(answer.headers["set-cookie"])[SESSION_COOKIE]


@pytest.fixture
async def site(parts: Parts) -> AsyncIterator[Site]:
    async with gated(parts, access_refresh_s=0.1) as callers:
        app = build(callers.server, EdgeSettings(), CONTRACTS)
        async with listening(app) as url, httpx.AsyncClient(base_url=url) as http:
            yield Site(app, http, callers, parts)


async def test_signing_out_ends_the_session_and_forgets_the_cookie(site):
    token = await site.sign_in("office")
    assert ["keys/office"] == await site.sessions()
    answer = await site.post("/sign-out", token)
    cookie = cookie_of(answer)
    assert (200, "", "0") == (answer.status_code, cookie.value, cookie["max-age"])
    assert [] == await site.sessions()


@pytest.mark.parametrize(("code", "status"), list(FAILURES.items()))
async def test_a_failure_to_sign_out_is_told_and_the_cookie_is_forgotten(
    site, monkeypatch, code, status
):
    token = await site.sign_in("office")
    site.fail(monkeypatch, code)
    answer = await site.post("/sign-out", token)
    cookie = cookie_of(answer)
    assert (status, "", "0") == (answer.status_code, cookie.value, cookie["max-age"])
    assert "not now" == answer.json()["message"]
    assert ["keys/office"] == await site.sessions()


async def test_signing_in_ends_the_session_of_the_cookie_before(site):
    before = await site.sign_in("first")
    await site.sign_in("second", before)
    assert ["keys/second"] == await site.sessions()


async def test_a_link_that_is_not_valid_leaves_the_session_as_it_is(site):
    token = await site.sign_in("first")
    answer = await site.post("/sign-in", token, code="enrayon_x_")
    assert 403 == answer.status_code
    assert "set-cookie" not in answer.headers
    assert ["keys/first"] == await site.sessions()


async def test_a_session_before_that_does_not_end_keeps_nobody_out(site, monkeypatch):
    before = await site.sign_in("first")
    site.fail(monkeypatch, grpc.StatusCode.UNAVAILABLE)
    with structlog.testing.capture_logs() as lines:
        token = await site.sign_in("second", before)
    told = [line for line in lines if "replaced session" in line["event"]]
    assert [("warning", "UNAVAILABLE")] == [(line["log_level"], line["code"]) for line in told]
    page = await site.http.get("/admin", headers={"cookie": f"{SESSION_COOKIE}={token}"})
    assert 200 == page.status_code


@pytest.mark.parametrize(
    "cookie", [r'"a\012b"', r'"\000"', r'"\303\244"', r'"a\015\012x-api-key: b"', "a", "x" * 2000]
)
async def test_a_cookie_that_is_no_token_counts_as_none(site, cookie):
    headers = {"cookie": f"{SESSION_COOKIE}={cookie}", SESSION_HEADER: "page"}
    with structlog.testing.capture_logs() as lines:
        for path in ("/staff", "/staff/t-stockmann", "/admin"):
            assert 404 == (await site.http.get(path, headers=headers)).status_code
        assert 401 == (await site.http.get("/admin/demand.json", headers=headers)).status_code
        assert 200 == (await site.post("/sign-out", cookie)).status_code
        await site.sign_in("office", cookie)
    assert [] == [line for line in lines if line["event"] == "bug"]
