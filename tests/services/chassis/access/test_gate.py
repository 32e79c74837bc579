"""Over a real connection: who may call which method, how often, and what is told of it."""

import asyncio
import json
import re
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import grpc
import pytest
from google.protobuf.wrappers_pb2 import StringValue
from grpc_health.v1 import health_pb2, health_pb2_grpc
from grpc_reflection.v1alpha import reflection_pb2, reflection_pb2_grpc
from joserfc import jwt
from joserfc.jwk import ECKey, KeySet

from enrayon.type.v1.geometry_pb2 import Origin
from services.chassis.access import gate
from services.chassis.access.gate import Gate
from services.chassis.access.key_store import KeyStore
from services.chassis.access.keys import new_key
from services.chassis.access.limits import SharedLimits
from services.chassis.access.policy import Counted, Policy, Role, Rule, Where
from services.chassis.access.settings import AccessSettings
from services.chassis.caller import current_caller
from services.chassis.clock import utc_now
from services.chassis.database.client import Client, connect
from services.chassis.processor import in_thread
from services.chassis.serving.methods import endless
from services.chassis.serving.server import Server
from services.chassis.settings import ChassisSettings
from tests.support.echo import SERVICE, Echo, error_of, methods

KAMPPI = Origin(place="Kamppi")
SHOP = "https://shop.example"


def policy(**rules: Rule) -> Policy:
    return {f"/{SERVICE}/{name}": rule for name, rule in rules.items()}


class Guarded(Echo):
    """An echo behind a gate, and a maker of keys for it."""

    def __init__(
        self, server: Server, channel: grpc.aio.Channel, gate: Gate, store: KeyStore
    ) -> None:
        super().__init__(server, channel)
        self.gate = gate
        self._store = store

    async def key(self, name: str, role: Role, **fields: Any) -> list[tuple[str, str]]:
        made, token = new_key(name, role, utc_now(), **fields)
        assert await self._store.create(made)
        return [("x-api-key", token)]


@asynccontextmanager
async def guarded(
    settings: ChassisSettings,
    client: Client,
    rules: Policy,
    access: dict[str, Any] | None = None,
    **given: Any,
) -> AsyncIterator[Guarded]:
    chosen = AccessSettings(access="enforced", **(access or {}))
    async with Gate(chosen, rules, client, utc_now) as gate:
        server = Server(settings, methods(**given), gate)
        await server.start()
        try:
            async with grpc.aio.insecure_channel(f"127.0.0.1:{server.port}") as channel:
                yield Guarded(server, channel, gate, KeyStore(client))
        finally:
            await server.stop()


@pytest.fixture
def as_priced(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let each call take just its price."""
    monkeypatch.setattr(gate, "TRANSPORT_MS", 0.0)
    monkeypatch.setattr(gate.Guard, "settle", lambda *_: None)


async def refused(call: Any) -> dict[str, Any]:
    with pytest.raises(grpc.aio.AioRpcError) as raised:
        await call
    return error_of(raised.value)


def reason(error: dict[str, Any]) -> str:
    text: str = error["ErrorInfo"].reason
    return text


def who(_: Origin) -> StringValue:
    caller = current_caller()
    marks = f"{' admin' if caller.admin else ''}{' in store' if caller.in_store else ''}"
    return StringValue(value=f"{caller.id}{marks}")


async def test_the_method_learns_who_calls(settings, database):
    rules = policy(Say=Rule(Role.PUBLIC, Where.NOWHERE))
    async with guarded(settings, database, rules, say=who) as echo:
        till = await echo.key("till", Role.CHANNEL)
        office = await echo.key("office", Role.ADMIN)

        assert "anonymous" == (await echo.say(KAMPPI)).value
        assert "keys/till" == (await echo.say(KAMPPI, metadata=till)).value
        assert "keys/office admin" == (await echo.say(KAMPPI, metadata=office)).value


async def test_a_role_may_what_the_roles_before_it_may(settings, database):
    answers: dict[Role, dict[str, str]] = {}
    for least in Role:
        rules = policy(Say=Rule(least, Where.NOWHERE))
        async with guarded(settings, database, rules) as echo:
            page = await echo.key(f"web-{least}", Role.PAGE, origins=(SHOP,))
            callers = {
                "anonymous": [],
                "page": [*page, ("origin", SHOP)],
                "channel": await echo.key(f"till-{least}", Role.CHANNEL),
                "admin": await echo.key(f"office-{least}", Role.ADMIN),
            }
            answers[least] = {}
            for name, metadata in callers.items():
                call = echo.say(KAMPPI, metadata=metadata)
                answers[least][name] = (await call.code()).name
    ok, denied, unknown = "OK", "PERMISSION_DENIED", "UNAUTHENTICATED"
    names = ("anonymous", "page", "channel", "admin")

    assert dict(zip(names, (ok, ok, ok, ok), strict=True)) == answers[Role.PUBLIC]
    assert dict(zip(names, (unknown, ok, ok, ok), strict=True)) == answers[Role.PAGE]
    assert dict(zip(names, (unknown, denied, ok, ok), strict=True)) == answers[Role.CHANNEL]
    assert dict(zip(names, (unknown, denied, denied, ok), strict=True)) == answers[Role.ADMIN]


async def test_a_method_without_a_rule_is_for_nobody(settings, database):
    async with guarded(settings, database, {}) as echo:
        office = await echo.key("office", Role.ADMIN)
        assert "PERMISSION_DENIED" == reason(await refused(echo.say(KAMPPI, metadata=office)))
        assert "PERMISSION_DENIED" == reason(await refused(echo.say(KAMPPI)))


@pytest.mark.parametrize(
    "shown",
    [
        [("x-api-key", new_key("till", Role.ADMIN, utc_now())[1])],
        [("x-api-key", "nonsense")],
        [("authorization", "Bearer nonsense")],
        [("authorization", "Basic dXNlcjpwYXNz")],
    ],
)
async def test_what_does_not_hold_is_refused_where_nothing_is_needed_too(settings, database, shown):
    rules = policy(Say=Rule(Role.PUBLIC, Where.NOWHERE))
    async with guarded(settings, database, rules) as echo:
        error = await refused(echo.say(KAMPPI, metadata=shown))

    assert "UNAUTHENTICATED" == reason(error)
    assert shown[0][1] not in str(error)


async def test_two_keys_at_once_are_none(settings, database):
    rules = policy(Say=Rule(Role.PUBLIC, Where.NOWHERE))
    async with guarded(settings, database, rules) as echo:
        both = [*await echo.key("till", Role.CHANNEL), *await echo.key("office", Role.ADMIN)]
        assert "UNAUTHENTICATED" == reason(await refused(echo.say(KAMPPI, metadata=both)))


@pytest.mark.parametrize(
    ("scopes", "may"),
    [((), True), (("echo",), True), (("echo.Say",), True), (("echo.Chat", "stock"), False)],
)
async def test_a_key_is_good_for_its_scopes(settings, database, scopes, may):
    rules = policy(Say=Rule(Role.CHANNEL, Where.NOWHERE), CountUp=Rule(Role.PUBLIC, Where.NOWHERE))
    async with guarded(settings, database, rules) as echo:
        till = await echo.key("till", Role.CHANNEL, scopes=scopes)
        code = await echo.say(KAMPPI, metadata=till).code()
        public = [letter.value async for letter in echo.count_up(KAMPPI, metadata=till)]

    assert may == (code is grpc.StatusCode.OK)
    assert "Kamppi" == "".join(public)


@pytest.mark.parametrize(
    ("headers", "may"),
    [
        ([("origin", SHOP)], True),
        ([("referer", f"{SHOP}/stores?near=here")], True),
        ([], False),
        ([("origin", "https://shop.example.evil")], False),
        ([("origin", "http://shop.example")], False),
        ([("origin", "null"), ("referer", f"{SHOP}/")], False),
        ([("origin", SHOP), ("origin", "https://other.example")], False),
    ],
)
async def test_a_publishable_key_is_good_for_its_origins(settings, database, headers, may):
    rules = policy(Say=Rule(Role.PAGE, Where.NOWHERE))
    async with guarded(settings, database, rules) as echo:
        page = await echo.key("web", Role.PAGE, origins=(SHOP,))
        code = await echo.say(KAMPPI, metadata=[*page, *headers]).code()

    assert may == (code is grpc.StatusCode.OK)
    assert may or code is grpc.StatusCode.PERMISSION_DENIED


@pytest.mark.usefixtures("as_priced")
async def test_who_asks_too_much_is_told_when_to_ask_again(settings, database):
    # One call an hour after the first two, so that no time that the test takes matters.
    access = {
        "limit_public_ms_per_s": 1 / 3600,
        "limit_burst_s": 3600,
        "limit_channel_ms_per_s": 1e6,
    }
    rules = policy(Say=Rule(Role.PUBLIC, Where.ANYWHERE, 1))
    async with guarded(settings, database, rules, access=access) as echo:
        till = await echo.key("till", Role.CHANNEL)
        await echo.say(KAMPPI)
        error = await refused(echo.say(KAMPPI))
        await echo.say(KAMPPI, metadata=till)

    assert "RATE_LIMITED" == reason(error)
    assert grpc.StatusCode.RESOURCE_EXHAUSTED.value[0] == error["code"]
    assert 3500 < error["RetryInfo"].retry_delay.seconds <= 3600


@pytest.mark.usefixtures("as_priced")
async def test_addresses_are_counted_apart_behind_a_proxy(settings, database):
    access = {"limit_page_ms_per_s": 1 / 3600, "limit_burst_s": 3600}
    rules = policy(Say=Rule(Role.PAGE, Where.ANYWHERE, 1))
    async with guarded(settings, database, rules, access=access) as echo:
        page = [*await echo.key("web", Role.PAGE, origins=(SHOP,)), ("origin", SHOP)]
        phones = [[*page, ("x-forwarded-for", f"203.0.113.{n}")] for n in (7, 8)]
        for phone in phones:
            await echo.say(KAMPPI, metadata=phone)
        assert "RATE_LIMITED" == reason(await refused(echo.say(KAMPPI, metadata=phones[0])))


async def test_holds_of_pages_are_counted_by_address_in_redis(settings, database):
    access = {"limit_page_holds_per_hour": 2}
    rules = policy(Say=Rule(Role.PAGE, Where.NOWHERE, is_hold=True))
    async with (
        guarded(settings, database, rules, access=access) as echo,
        guarded(settings, database, rules, access=access) as other_process,
    ):
        page = [*await echo.key("web", Role.PAGE, origins=(SHOP,)), ("origin", SHOP)]
        till = await echo.key("till", Role.CHANNEL)
        await echo.say(KAMPPI, metadata=page)
        await other_process.say(KAMPPI, metadata=page)
        error = await refused(echo.say(KAMPPI, metadata=page))
        for _ in range(5):
            await echo.say(KAMPPI, metadata=till)

    assert "RATE_LIMITED" == reason(error)
    assert 1700 < error["RetryInfo"].retry_delay.seconds <= 1800


@pytest.mark.usefixtures("as_priced")
async def test_without_redis_reads_go_on_within_limits_and_holds_are_refused(settings, database):
    rules = policy(
        Say=Rule(Role.CHANNEL, Where.ANYWHERE, 1),
        Collect=Rule(Role.CHANNEL, Where.ANYWHERE, 1, counted=Counted.TOGETHER, is_hold=True),
    )
    access = {"limit_channel_ms_per_s": 4 / 3600, "limit_burst_s": 3600}
    nowhere = connect(settings, "redis://127.0.0.1:1")
    async with guarded(settings, database, rules, access) as echo:
        till = await echo.key("till", Role.CHANNEL)
        await echo.say(KAMPPI, metadata=till)
        echo.gate.together = SharedLimits(nowhere)
        held = await refused(echo.collect(iter([KAMPPI]), metadata=till))
        await echo.say(KAMPPI, metadata=till)
        await echo.say(KAMPPI, metadata=till)
        error = await refused(echo.say(KAMPPI, metadata=till))
    await nowhere.aclose()

    assert ("DATABASE_UNAVAILABLE", True) == (reason(held), "RetryInfo" in held)
    assert "RATE_LIMITED" == reason(error)


@pytest.mark.parametrize("kind", ["count_up", "collect", "chat"])
async def test_streams_of_a_caller_are_counted_while_they_are_open(settings, database, kind):
    release = asyncio.Event()

    async def count_up(_: Origin) -> AsyncIterator[StringValue]:
        yield StringValue(value="begun")
        await release.wait()

    async def collect(requests: AsyncIterator[Origin]) -> StringValue:
        async for _ in requests:
            begun.set()
        return StringValue()

    begun = asyncio.Event()
    rules = policy(
        **{name: Rule(Role.PUBLIC, Where.NOWHERE) for name in ("CountUp", "Collect", "Chat")}
    )
    access = {"limit_address_streams": 1}
    async with guarded(
        settings, database, rules, access=access, count_up=count_up, collect=collect
    ) as echo:
        if kind == "count_up":
            first = echo.count_up(KAMPPI)
            await first.read()
        else:
            first = getattr(echo, kind)()
            await first.write(KAMPPI)
            await (first.read() if kind == "chat" else begun.wait())
        second = echo.count_up(KAMPPI)
        error = await refused(second.read())
        release.set()
        if kind != "count_up":
            await first.done_writing()
        assert await first.code() is grpc.StatusCode.OK
        assert "begun" == (await echo.count_up(KAMPPI).read()).value

    assert "TOO_MANY_STREAMS" == reason(error)
    assert "RetryInfo" in error


async def test_a_stream_ends_in_its_time_and_is_not_resumed_with_a_revoked_key(settings, database):
    @endless
    async def forever(_: Origin) -> AsyncIterator[StringValue]:
        yield StringValue(value="begun")
        await asyncio.Event().wait()

    rules, access = policy(CountUp=Rule(Role.CHANNEL, Where.NOWHERE)), {"access_stream_s": 0.2}
    async with guarded(settings, database, rules, access, count_up=forever) as echo:
        till = await echo.key("till", Role.CHANNEL)
        stream = echo.count_up(KAMPPI, metadata=till)
        assert "begun" == (await stream.read()).value
        ended = await refused(stream.read())
        await KeyStore(database).revoke("till")
        await echo.gate._keys.refresh()
        error = await refused(echo.count_up(KAMPPI, metadata=till).read())

    assert grpc.StatusCode.UNAVAILABLE.value[0] == ended["code"]
    assert "resume" in ended["message"]
    assert "UNAUTHENTICATED" == reason(error)


async def test_reflection_is_off_unless_it_is_asked_for(settings, database):
    for setting, answers in ((None, False), (True, True)):
        chosen = settings.model_copy(update={"reflection": setting})
        async with guarded(chosen, database, {}) as echo:
            stub: Any = reflection_pb2_grpc.ServerReflectionStub(echo.channel)
            call = stub.ServerReflectionInfo(
                iter([reflection_pb2.ServerReflectionRequest(list_services="")])
            )
            if answers:
                found = await call.read()
                assert SERVICE in {s.name for s in found.list_services_response.service}
            else:
                assert await call.code() is grpc.StatusCode.UNIMPLEMENTED


async def test_a_token_says_who_calls_and_what_it_is_good_for(settings, database, tmp_path):
    key = ECKey.generate_key("P-256", {"kid": "2026"})
    file = tmp_path / "jwks.json"
    file.write_text(json.dumps(KeySet([key]).as_dict(private=False)))
    access = {
        "jwt_keys": file,
        "jwt_issuer": "https://id.shop.example",
        "jwt_audience": "enrayon",
    }

    def bearer(**claims: Any) -> list[tuple[str, str]]:
        all_of = {
            "iss": "https://id.shop.example",
            "aud": "enrayon",
            "sub": "till-4",
            "exp": int(utc_now().timestamp()) + 600,
            **claims,
        }
        token = jwt.encode({"alg": "ES256", "kid": "2026"}, all_of, key, algorithms=["ES256"])
        return [("authorization", f"Bearer {token}")]

    rules = policy(
        Say=Rule(Role.CHANNEL, Where.ANYWHERE),
        CountUp=Rule(Role.ADMIN, Where.NOWHERE),
        Chat=Rule(Role.PAGE, Where.NOWHERE).at("place", hides=True),
    )
    async with guarded(settings, database, rules, access, say=who) as echo:
        till, admin = bearer(role="channel"), bearer(role="admin", scope="echo.Say")
        assert "jwt/till-4" == (await echo.say(KAMPPI, metadata=till)).value
        assert "jwt/till-4 admin" == (await echo.say(KAMPPI, metadata=admin)).value
        for metadata in (till, admin):
            error = await refused(echo.count_up(KAMPPI, metadata=metadata).read())
            assert "PERMISSION_DENIED" == reason(error)
        error = await refused(echo.say(KAMPPI, metadata=bearer(role="admin", scope="")))
        assert "PERMISSION_DENIED" == reason(error)
        assert (
            "jwt/till-4"
            == (await echo.say(KAMPPI, metadata=bearer(role="staff", stores=["us-1"]))).value
        )
        for staff in (bearer(role="staff"), bearer(role="staff", stores=[])):
            chat = echo.chat(iter([OURS]), metadata=staff)
            for call in (echo.say(OURS, metadata=staff), chat.read()):
                error = await refused(call)
                assert "this caller is staff of no store" == error["message"]
        late = bearer(role="channel", exp=1_700_000_000)
        error = await refused(echo.say(KAMPPI, metadata=late))

    assert "UNAUTHENTICATED" == reason(error)
    assert late[0][1].split(".")[2] not in str(error)


OURS, THEIRS = Origin(place="stores/us-1/trips/t1"), Origin(place="stores/us-2")
"""The place of a request stands for the field that names a store."""


async def test_shop_staff_is_in_its_store_and_refused_elsewhere(settings, database):
    rules = policy(Say=Rule(Role.ADMIN, Where.NOWHERE).at("place"))
    async with guarded(settings, database, rules, say=who) as echo:
        staff = await echo.key("till", Role.STAFF, stores=("us-1", "us-3"))
        other = await echo.key("app", Role.CHANNEL)

        assert "keys/till in store" == (await echo.say(OURS, metadata=staff)).value
        for elsewhere in (
            "stores/us-2",
            "stores/us-11",
            "stores/us-",
            "stores/-",
            "us-1",
            "stores",
        ):
            error = await refused(echo.say(Origin(place=elsewhere), metadata=staff))
            assert "place: is not a store of this caller" == error["message"]
        error = await refused(echo.say(OURS, metadata=other))
        assert "PERMISSION_DENIED" == reason(error)


async def test_what_is_hidden_elsewhere_is_asked_for_by_nobody(settings, database):
    rules = policy(Say=Rule(Role.PAGE, Where.NOWHERE).at("place", hides=True))
    async with guarded(settings, database, rules, say=who) as echo:
        staff = await echo.key("till", Role.STAFF, stores=("us-1",))

        assert "keys/till in store" == (await echo.say(OURS, metadata=staff)).value
        assert "nobody" == (await echo.say(THEIRS, metadata=staff)).value


@pytest.mark.parametrize("least", [Role.PAGE, Role.CHANNEL, Role.ADMIN])
async def test_without_a_store_in_the_rule_staff_sees_its_own_alone(settings, database, least):
    rules = policy(Say=Rule(least, Where.ANYWHERE), CountUp=Rule(least, Where.NOWHERE))
    async with guarded(settings, database, rules, say=who) as echo:
        staff = await echo.key("till", Role.STAFF, stores=("us-1",))

        assert "keys/till" == (await echo.say(OURS, metadata=staff)).value
        error = await refused(echo.count_up(OURS, metadata=staff).read())
        assert "PERMISSION_DENIED" == reason(error)


async def test_a_field_may_have_fixed_values_for_staff(settings, database):
    values = re.compile("stores/us-[12]/trips/t[1-8]")
    rules = policy(Say=Rule(Role.ADMIN, Where.NOWHERE).at("place", only=("place", values)))
    async with guarded(settings, database, rules, say=who) as echo:
        staff = await echo.key("till", Role.STAFF, stores=("us-1",))

        assert "keys/till in store" == (await echo.say(OURS, metadata=staff)).value
        for value in ("stores/us-1/trips/t9", "stores/us-1/trips/t11", "stores/us-1"):
            error = await refused(echo.say(Origin(place=value), metadata=staff))
            assert f"place: shop staff sends {values.pattern}" == error["message"]


async def test_each_request_of_a_stream_is_held_to_the_stores(settings, database):
    at = Rule(Role.CHANNEL, Where.NOWHERE).at("place")
    rules = policy(Collect=at, Chat=at, CountUp=at)
    async with guarded(settings, database, rules) as echo:
        staff = await echo.key("till", Role.STAFF, stores=("us-1",))

        assert (
            f"{OURS.place} {OURS.place}"
            == (await echo.collect(iter([OURS, OURS]), metadata=staff)).value
        )
        error = await refused(echo.collect(iter([OURS, THEIRS]), metadata=staff))
        assert "PERMISSION_DENIED" == reason(error)
        chat = echo.chat(iter([OURS, THEIRS]), metadata=staff)
        assert OURS.place == (await chat.read()).value
        assert "PERMISSION_DENIED" == reason(await refused(chat.read()))
        error = await refused(echo.count_up(THEIRS, metadata=staff).read())
        assert "PERMISSION_DENIED" == reason(error)


async def test_scopes_narrow_what_staff_may(settings, database):
    at = Rule(Role.CHANNEL, Where.NOWHERE).at("place")
    async with guarded(settings, database, policy(Say=at, CountUp=at), say=who) as echo:
        staff = await echo.key("till", Role.STAFF, stores=("us-1",), scopes=("echo.Say",))

        assert "keys/till in store" == (await echo.say(OURS, metadata=staff)).value
        error = await refused(echo.count_up(OURS, metadata=staff).read())
        assert "the scopes of the key do not have this method" == error["message"]


async def test_streams_of_health_are_counted_by_address_and_need_no_credentials(settings, database):
    request = health_pb2.HealthCheckRequest(service=SERVICE)
    async with guarded(settings, database, {}, {"limit_address_streams": 2}) as echo:
        health: Any = health_pb2_grpc.HealthStub(echo.channel)
        watches = [health.Watch(request) for _ in range(2)]
        for watch in watches:
            assert health_pb2.HealthCheckResponse.SERVING == (await watch.read()).status
        error = await refused(health.Watch(request).read())
        unknown = await refused(health.Watch(request, metadata=[("x-api-key", "none")]).read())
        assert health_pb2.HealthCheckResponse.SERVING == (await health.Check(request)).status
        for watch in watches:
            watch.cancel()

    assert ["TOO_MANY_STREAMS", "UNAUTHENTICATED"] == [reason(error), reason(unknown)]


async def test_probes_are_refused_to_nobody(settings, database):
    """The address of whoever probes may be that of callers who have used up their budget."""
    access = {"limit_public_ms_per_s": 1 / 3600, "limit_burst_s": 1}
    async with guarded(
        settings, database, policy(Say=Rule(Role.PUBLIC, Where.NOWHERE)), access, say=burn
    ) as echo:
        health: Any = health_pb2_grpc.HealthStub(echo.channel)
        await echo.say(KAMPPI)
        assert "RATE_LIMITED" == reason(await refused(echo.say(KAMPPI)))
        for _ in range(20):
            state = await health.Check(health_pb2.HealthCheckRequest())
            assert health_pb2.HealthCheckResponse.SERVING == state.status


def burn(_: Origin) -> StringValue:
    until_s = time.thread_time() + 0.05
    while time.thread_time() < until_s:
        pass
    return StringValue()


async def burn_slowly(request: Origin) -> StringValue:
    await asyncio.sleep(0.2)  # takes no processor
    return await in_thread(burn, request)


@pytest.mark.parametrize("say", [burn, burn_slowly])
async def test_a_call_pays_the_processor_time_that_it_took(settings, database, say):
    rules = policy(Say=Rule(Role.PUBLIC, Where.ANYWHERE, 1))
    access = {"limit_public_ms_per_s": 0.1, "limit_burst_s": 600}  # 60 ms
    async with guarded(settings, database, rules, access, say=say) as echo:
        await echo.say(KAMPPI)
        await refused_after(echo, 1)
        [whole_ns] = echo.gate.here._whole_ns.values()
    paid_ms = (whole_ns / 1e9 - time.monotonic()) * 0.1
    assert 95 < paid_ms < 200


async def refused_after(echo: Guarded, calls: int) -> None:
    for _ in range(calls):
        await echo.say(KAMPPI)
    assert "RATE_LIMITED" == reason(await refused(echo.say(KAMPPI)))


async def test_a_price_that_was_too_high_is_given_back(settings, database):
    rules = policy(Say=Rule(Role.PUBLIC, Where.ANYWHERE, 1000))
    access = {"limit_public_ms_per_s": 1, "limit_burst_s": 1200}
    async with guarded(settings, database, rules, access) as echo:
        for _ in range(50):
            await echo.say(KAMPPI)


async def test_a_large_request_has_a_large_price_before_it_is_read(settings, database):
    rules = policy(Say=Rule(Role.PUBLIC, Where.ANYWHERE, 1, kb_ms=10_000))
    access = {"limit_public_ms_per_s": 0.1, "limit_burst_s": 1000}
    async with guarded(settings, database, rules, access) as echo:
        await echo.say(KAMPPI)
        error = await refused(echo.say(Origin(place="x" * 200)))
        await echo.say(KAMPPI)
    assert "RATE_LIMITED" == reason(error)


@pytest.mark.usefixtures("as_priced")
async def test_what_was_taken_in_one_process_counts_in_the_others(settings, database):
    rules = policy(Say=Rule(Role.PUBLIC, Where.ANYWHERE, 10))
    access = {"limit_public_ms_per_s": 0.01, "limit_burst_s": 3000}  # three calls
    async with (
        guarded(settings, database, rules, access) as one,
        guarded(settings, database, rules, access) as other,
    ):
        await one.say(KAMPPI)
        await other.say(KAMPPI)
        for process in (one, other):
            await process.gate.settle()
        await one.say(KAMPPI)
        await one.gate.settle()
        assert "RATE_LIMITED" == reason(await refused(one.say(KAMPPI)))
        await other.say(KAMPPI, metadata=[("x-forwarded-for", "203.0.113.7")])


async def test_a_nearest_query_is_counted_without_a_call_of_the_database(settings, database):
    rules = policy(Say=Rule(Role.PUBLIC, Where.ANYWHERE, 1))
    async with guarded(settings, database, rules) as echo:
        before = (await database.info("commandstats")).get("cmdstat_evalsha", {"calls": 0})["calls"]
        for _ in range(20):
            await echo.say(KAMPPI)
        await echo.gate.settle()
        after = (await database.info("commandstats")).get("cmdstat_evalsha", {"calls": 0})["calls"]
    assert 0 == after - before, "it took less than a second's worth"
