"""Signing in, over a real connection, behind the gate."""

import asyncio
from collections.abc import AsyncIterator

import grpc
import pytest

from enrayon.access.v1 import access_pb2 as pb
from enrayon.hours.v1 import hours_pb2
from enrayon.stock.v1 import stock_pb2
from services.chassis.access.credentials import SESSION_COOKIE, SESSION_HEADER
from services.chassis.access.key_store import KeyStore
from services.chassis.access.keys import new_key
from services.chassis.access.policy import Role
from services.chassis.access.sessions import with_link
from services.chassis.clock import utc_now
from services.directory.parts import Parts
from tests.support.gated import Callers, Stubs, gated
from tests.support.hosting import serving
from tests.support.stock import FORUM, STOCKMANN

CURRENT = "sessions/current"


@pytest.fixture
async def callers(parts: Parts) -> AsyncIterator[Callers]:
    async with gated(parts, access_refresh_s=0.1) as callers:
        yield callers


async def link(
    parts: Parts,
    name: str = "tablet",
    role: Role = Role.STAFF,
    scopes: tuple[str, ...] = (),
) -> str:
    """The code of a link of a new key, for staff of Stockmann."""
    stores = (STOCKMANN.removeprefix("stores/"),) if role is Role.STAFF else ()
    key, _ = new_key(name, role, utc_now(), stores=stores, scopes=scopes)
    key, code = with_link(key, utc_now())
    assert await KeyStore(parts.client).create(key)
    return code


async def opened(callers: Callers, code: str, address: str = "192.0.2.1") -> pb.Session:
    session: pb.Session = await callers.by(Role.PUBLIC, address).access.OpenSession(
        pb.OpenSessionRequest(code=code)
    )
    return session


def with_cookie(callers: Callers, token: str, *more: tuple[str, str]) -> Stubs:
    return Stubs(callers.server, [("cookie", f"{SESSION_COOKIE}={token}"), *more])


def signed_in(callers: Callers, session: pb.Session) -> Stubs:
    return with_cookie(callers, session.token, (SESSION_HEADER, "1"))


async def code_of(call) -> str:
    with pytest.raises(grpc.aio.AioRpcError) as refused:
        await call
    return str(refused.value.code().name)


async def test_a_link_signs_a_tablet_in_once(callers, parts):
    code = await link(parts)
    session = await opened(callers, code)
    assert ("keys/tablet", [STOCKMANN], pb.ROLE_STAFF) == (
        session.key,
        [*session.stores],
        session.role,
    )
    assert "PERMISSION_DENIED" == await code_of(opened(callers, code))

    tablet = signed_in(callers, session)
    seen = await tablet.access.GetSession(pb.GetSessionRequest(name=CURRENT))
    assert (session.name, "") == (seen.name, seen.token)
    queue = stock_pb2.ListPickupQueueRequest(parent=STOCKMANN)
    assert [] == list((await tablet.stock.ListPickupQueue(queue)).entries)


async def test_of_two_who_use_a_link_at_the_same_time_one_is_signed_in(callers, parts):
    code = await link(parts)
    tries = (opened(callers, code, f"192.0.2.{n}") for n in range(4))
    found = await asyncio.gather(*tries, return_exceptions=True)
    assert 1 == sum(isinstance(each, pb.Session) for each in found)


async def test_a_session_sees_its_own_shop_and_nothing_of_another(callers, parts):
    tablet = signed_in(callers, await opened(callers, await link(parts)))
    here, there = (hours_pb2.CreateClosureRequest(parent=store) for store in (STOCKMANN, FORUM))
    for request in (here, there):
        request.closure.start_time.GetCurrentTime()
        request.closure.reason = "burst pipe"
    closure = await tablet.hours.CreateClosure(here)
    await tablet.hours.CancelClosure(hours_pb2.CancelClosureRequest(name=closure.name))

    assert "PERMISSION_DENIED" == await code_of(tablet.hours.CreateClosure(there))
    queue = stock_pb2.ListPickupQueueRequest(parent=FORUM)
    assert "PERMISSION_DENIED" == await code_of(tablet.stock.ListPickupQueue(queue))
    everywhere = pb.ListSessionsRequest()
    assert "PERMISSION_DENIED" == await code_of(tablet.access.ListSessions(everywhere))


async def test_the_cookie_alone_is_nobody(callers, parts):
    """So a page of another site, which cannot send the header, does nothing with it."""
    session = await opened(callers, await link(parts))
    queue = stock_pb2.ListPickupQueueRequest(parent=STOCKMANN)
    alone = with_cookie(callers, session.token)
    cross = with_cookie(
        callers, session.token, (SESSION_HEADER, "1"), ("sec-fetch-site", "cross-site")
    )
    for caller in (alone, cross):
        assert "UNAUTHENTICATED" == await code_of(caller.stock.ListPickupQueue(queue))


async def test_neither_code_nor_token_is_a_key_and_no_key_is_a_session(callers, parts):
    code = await link(parts)
    queue = stock_pb2.ListPickupQueueRequest(parent=STOCKMANN)
    session = await opened(callers, code)
    for caller in (
        Stubs(callers.server, [("x-api-key", code)]),
        Stubs(callers.server, [("x-api-key", session.token)]),
        with_cookie(callers, code, (SESSION_HEADER, "1")),
        with_cookie(callers, callers.keys[Role.ADMIN], (SESSION_HEADER, "1")),
    ):
        assert "UNAUTHENTICATED" == await code_of(caller.stock.ListPickupQueue(queue))


async def until_signed_out(caller: Stubs) -> None:
    async with asyncio.timeout(10):
        while True:
            try:
                await caller.access.GetSession(pb.GetSessionRequest(name=CURRENT))
            except grpc.aio.AioRpcError as error:
                if error.code() is grpc.StatusCode.UNAUTHENTICATED:
                    return
            await asyncio.sleep(0.05)


async def test_a_session_is_ended_by_itself_by_an_admin_and_with_its_key(callers, parts):
    admin = callers.by(Role.ADMIN)
    sessions = [await opened(callers, await link(parts, f"tablet-{n}")) for n in range(3)]
    listed = (await admin.access.ListSessions(pb.ListSessionsRequest())).sessions
    assert [session.name for session in sessions] == [session.name for session in listed]
    one, two, three = (signed_in(callers, session) for session in sessions)

    other = pb.DeleteSessionRequest(name=sessions[1].name)
    assert "NOT_FOUND" == await code_of(one.access.DeleteSession(other))
    await one.access.DeleteSession(pb.DeleteSessionRequest(name=CURRENT))
    await admin.access.DeleteSession(other)
    await KeyStore(parts.client).revoke("tablet-2")
    for caller in (one, two, three):
        await until_signed_out(caller)
    assert [] == list((await admin.access.ListSessions(pb.ListSessionsRequest())).sessions)


@pytest.mark.parametrize("scope", ["stores", "stores.GetStore", "access.GetSession"])
async def test_a_session_of_a_scoped_key_asks_about_itself_alone(callers, parts, scope):
    other = await opened(callers, await link(parts, "office", Role.ADMIN))
    session = await opened(callers, await link(parts, "editor", Role.ADMIN, (scope,)))
    editor = signed_in(callers, session)
    for refused in (
        editor.access.ListKeys(pb.ListKeysRequest()),
        editor.access.ListSessions(pb.ListSessionsRequest()),
    ):
        assert "PERMISSION_DENIED" == await code_of(refused)
    for hidden in (
        editor.access.GetSession(pb.GetSessionRequest(name=other.name)),
        editor.access.DeleteSession(pb.DeleteSessionRequest(name=other.name)),
    ):
        assert "NOT_FOUND" == await code_of(hidden)

    for name in (CURRENT, session.name):
        assert (
            session.name == (await editor.access.GetSession(pb.GetSessionRequest(name=name))).name
        )
    await editor.access.DeleteSession(pb.DeleteSessionRequest(name=session.name))
    await until_signed_out(editor)
    office = signed_in(callers, other)
    listed = (await office.access.ListSessions(pb.ListSessionsRequest())).sessions
    assert [other.name] == [each.name for each in listed]


async def test_a_session_of_a_key_with_the_scope_access_ends_those_of_others(callers, parts):
    other = await opened(callers, await link(parts))
    session = await opened(callers, await link(parts, "office", Role.ADMIN, ("access",)))
    office = signed_in(callers, session)
    await office.access.DeleteSession(pb.DeleteSessionRequest(name=other.name))
    await until_signed_out(signed_in(callers, other))


async def test_an_address_has_five_tries_a_minute(callers, parts):
    code = await link(parts)
    wrong = code[:-1] + ("A" if code[-1] != "A" else "B")
    for _ in range(5):
        assert "PERMISSION_DENIED" == await code_of(opened(callers, wrong))
    assert "RESOURCE_EXHAUSTED" == await code_of(opened(callers, code))
    assert "keys/tablet" == (await opened(callers, code, "198.51.100.7")).key


async def test_an_admin_sees_all_keys_without_their_secrets(callers, parts):
    session = await opened(callers, await link(parts, "office", Role.ADMIN))
    office = signed_in(callers, session)
    keys = (await office.access.ListKeys(pb.ListKeysRequest())).keys
    assert ["keys/admin", "keys/channel", "keys/office", "keys/page"] == [k.name for k in keys]
    assert [0, 0, 1, 0] == [key.session_count for key in keys]
    secrets = [token[-30:] for token in (*callers.keys.values(), session.token)]
    assert [] == [secret for secret in secrets if secret in str(keys)]


async def test_a_caller_by_key_has_no_session(callers):
    current = pb.GetSessionRequest(name=CURRENT)
    assert "NOT_FOUND" == await code_of(callers.by(Role.ADMIN).access.GetSession(current))
    assert "UNAUTHENTICATED" == await code_of(callers.by(Role.PUBLIC).access.GetSession(current))


async def test_while_access_is_open_everybody_is_signed_in(parts):
    async with serving(parts) as address:
        everybody = Stubs(address, [])
        session = await everybody.access.GetSession(pb.GetSessionRequest(name=CURRENT))
        assert ("", pb.ROLE_ADMIN) == (session.key, session.role)
        await everybody.channel.close()
