"""Rows of the fault matrix about stock and holds, each with its figure."""

import asyncio
import resource
import time
from collections.abc import AsyncIterator, Callable, Iterator
from pathlib import Path

import pytest
import redis.exceptions
from redis.asyncio import RedisCluster

from services.chassis import clock
from services.chassis.database.client import Client, connect
from services.chassis.database.failures import as_service_error
from services.chassis.errors import ResourceExhausted, Unavailable
from services.chassis.settings import ChassisSettings
from services.stock.model.holds import encoded
from services.stock.state.holds import NO_KEY, Holds, Outcome, RequestKey, request_key
from services.stock.state.ledger import Ledger
from services.stock.state.levels import Levels
from services.stock.state.quotas import Holder, Limits, Quotas
from tests.backends import backend, server
from tests.faults import workload
from tests.faults.checker import judge
from tests.faults.proxy import proxied
from tests.faults.workload import STORE

HOUR_MS = 3_600_000


@pytest.fixture(scope="module")
def store_url(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    with backend(tmp_path_factory.mktemp("rows")) as url:
        yield url


@pytest.fixture
def settings(tmp_path: Path) -> ChassisSettings:
    return ChassisSettings(grpc_port=0, http_port=0, data_dir=tmp_path)


@pytest.fixture
async def client(store_url: str, settings: ChassisSettings) -> AsyncIterator[Client]:
    client = connect(settings, store_url)
    await client.flushall()
    yield client
    await client.aclose()


async def take(
    holds: Holds,
    id: str,
    units: int = 1,
    *,
    ttl_ms: int = HOUR_MS,
    request: RequestKey = NO_KEY,
    now_ms: int | None = None,
) -> Outcome:
    return await holds.reserve(
        STORE,
        encoded(id, "anonymous", "", 0),
        {"milk": units},
        ttl_ms=ttl_ms,
        fresh_ms=24 * HOUR_MS,
        request=request,
        now_ms=now_ms,
    )


async def available(client: Client, now_ms: int | None = None) -> int:
    [milk] = (await Levels(client).read([STORE], ["milk"], now_ms))[STORE].levels
    assert milk is not None
    return milk.available


async def test_row_1_the_last_unit_has_one_winner(client, figure):
    winners = []
    for number in range(100):
        await client.flushall()
        await workload.stocked(client, 1)
        outcomes = await asyncio.gather(*(take(Holds(client), f"h{number}-{n}") for n in range(8)))
        winners.append(sum(outcome.word == "new" for outcome in outcomes))

    figure(1, f"last unit: 100 bursts of 8, winners in each {sorted(set(winners))}")
    assert [1] * 100 == winners


async def test_row_4_one_key_fifty_at_once_and_another_body(client, figure):
    await workload.stocked(client, 100)
    same = request_key("a", "create", "key", b"one")
    outcomes = await asyncio.gather(*(take(Holds(client), "h", request=same) for _ in range(50)))
    other = await take(Holds(client), "h", request=request_key("a", "create", "key", b"other"))

    words = [outcome.word for outcome in outcomes]
    figure(4, f"one key: {words.count('new')} new, {words.count('same')} same, {other.word}")
    assert (1, 49, "reused", 99) == (
        words.count("new"),
        words.count("same"),
        other.word,
        await available(client),
    )


async def test_row_5_at_the_edge_of_its_time_it_is_confirmed_or_expired_never_both(client, figure):
    await workload.stocked(client, 200)
    holds = Holds(client)
    confirmed = expired = 0
    for n in range(60):
        await take(holds, f"h{n}", ttl_ms=5)
        await asyncio.sleep(0.003 + (n % 5) * 0.0008)
        outcome = await holds.transition(STORE, f"h{n}", "collect", argument={"all": True})
        confirmed += outcome.word == "done"
        expired += outcome.word == "expired"

    [milk] = (await Levels(client).read([STORE], ["milk"]))[STORE].levels
    figure(5, f"edge of the time: {confirmed} handed over, {expired} expired, of 60")
    assert 60 == confirmed + expired
    assert milk is not None
    assert (200 - confirmed, 0) == (milk.on_hand, milk.reserved)


async def test_row_6_many_holds_that_expire_at_once_are_free_at_once(client, figure):
    count = 10_000
    await workload.stocked(client, count)
    holds = Holds(client)
    now_ms = int(time.time() * 1000)
    for start in range(0, count, 500):
        await asyncio.gather(
            *(
                take(holds, f"h{n}", ttl_ms=HOUR_MS - start, now_ms=now_ms + start)
                for n in range(start, start + 500)
            )
        )
    before = await available(client, now_ms + HOUR_MS - 1)
    at_once = await available(client, now_ms + HOUR_MS)
    lags = []
    while True:  # the sweeper is not needed
        began = time.perf_counter()
        swept = await holds.sweep(STORE, 200, now_ms + HOUR_MS)
        lags.append((time.perf_counter() - began) * 1000)
        if not swept:
            break

    lags.sort()
    p50, p99 = lags[len(lags) // 2], lags[int(len(lags) * 0.99)]
    figure(
        6,
        f"{count} expire at once: free before any sweep {at_once}; tidied in {sum(lags):.0f}"
        f" ms, a sweep of 200 takes p50 {p50:.1f} ms, p99 {p99:.1f} ms",
    )
    assert (0, count) == (before, at_once)
    assert [] == (await Ledger(client).reconcile()).drifts


async def test_row_7_two_sweepers_one_killed(client, figure):
    await workload.stocked(client, 500)
    holds = Holds(client)
    later_ms = int(time.time() * 1000) + 2 * HOUR_MS
    for n in range(300):
        await take(holds, f"h{n}")
    dead = await Holds(client).sweep(STORE, 10, later_ms)  # and is killed
    sweeps = (Holds(client).sweep_all(most=10, now_ms=later_ms) for _ in range(2))
    both = [count for count, _ in await asyncio.gather(*sweeps)]

    result = await Ledger(client).reconcile()
    figure(7, f"sweepers: one that died ended {dead}, two at once {both}, drift 0")
    assert 300 == dead + sum(both)
    assert (500, 0, []) == (await available(client, 0), result.holds, result.drifts)


def skewed(skew_s: float) -> Callable[[], float]:
    """A clock that is off."""
    return lambda: time.time() + skew_s


async def test_row_8_a_client_whose_clock_is_an_hour_off_moves_no_expiry(
    client, figure, monkeypatch
):
    await workload.stocked(client, 5)
    for skew_s in (-3600, 3600):
        monkeypatch.setattr(clock, "machine", clock.Clocks(wall=skewed(skew_s)))
        outcome = await take(Holds(client), f"h{skew_s}", ttl_ms=60_000)
        off_ms = outcome.hold.expire_ms - (time.time() * 1000 + 60_000)
        figure(8, f"clock off by {skew_s} s: expiry off by {off_ms:.0f} ms")
        assert 1000 > abs(off_ms)


async def test_row_13_a_full_disk_stops_the_server_and_loses_nothing(tmp_path, settings, figure):
    valkey = server(tmp_path)
    valkey.start()
    client = connect(settings, valkey.url)
    initial = await workload.stocked(client, 100)
    assert valkey.process is not None
    [log] = valkey.folder.rglob("*.incr.aof")
    limit = log.stat().st_size + 30_000
    pid = int((await client.info("server"))["process_id"])
    resource.prlimit(pid, resource.RLIMIT_FSIZE, (limit, limit))  # no file grows beyond it
    running = asyncio.create_task(workload.run(Holds(client), 4, 60, seed=13))
    for _ in range(200):
        if valkey.process.poll() is not None:
            break
        await asyncio.sleep(0.05)
    stopped = valkey.process.poll() is not None
    valkey.stop()
    valkey.start()  # there is room again
    acts = await running
    await client.aclose()
    client = connect(settings, valkey.url)  # its connections led to the server that was killed
    verdict = judge(initial, acts, await workload.end_of(client))
    await client.aclose()
    valkey.stop()

    figure(13, f"disk full: stopped {stopped}, {verdict.acts} acts, faults {len(verdict.faults)}")
    assert (True, []) == (stopped, verdict.faults)


async def test_row_14_with_the_memory_full_holds_are_refused_and_releases_work(client, figure):
    await workload.stocked(client, 5)
    holds = Holds(client)
    await take(holds, "h1", 2)
    everywhere = {"target_nodes": "all"} if isinstance(client, RedisCluster) else {}
    await client.config_set("maxmemory", 1, **everywhere)
    try:
        refused = None
        try:
            await take(holds, "h2", 1)
        except redis.exceptions.RedisError as error:
            refused = as_service_error(error)
        read = await available(client)
        released = (await holds.transition(STORE, "h1", "cancel")).word
        after = await available(client)
    finally:
        await client.config_set("maxmemory", 0, **everywhere)

    figure(14, f"memory full: hold {type(refused).__name__}, read {read}, release {released}")
    assert isinstance(refused, ResourceExhausted)
    assert (3, "done", 5) == (read, released, after)


async def test_row_18_with_a_hung_database_the_deadline_is_kept_and_a_retry_answers(
    client, store_url, settings, figure
):
    await workload.stocked(client, 5)
    request = request_key("a", "create", "key", b"one")
    async with proxied(store_url) as proxy:
        impatient = settings.model_copy(update={"database_timeout_s": 0.5})
        hung = proxy.connect(impatient)
        holds = Holds(hung)
        await hung.ping()
        proxy.thawed.clear()
        began = time.monotonic()
        refused = None
        try:
            await take(holds, "h1", 2, request=request)
        except redis.exceptions.RedisError as error:
            refused = as_service_error(error)
        took_s = time.monotonic() - began
        proxy.thawed.set()
        again = await take(holds, "h1", 2, request=request)
        await hung.aclose()

    figure(18, f"hung database: {type(refused).__name__} after {took_s:.2f} s, then {again.word}")
    assert isinstance(refused, Unavailable)
    assert 3 * impatient.database_timeout_s > took_s
    assert 3 == await available(client)


async def test_row_37_a_caller_of_many_holds_stops_at_its_quota(client, figure):
    quotas = Quotas(client, Limits(caller=30, shopper=5, address=5))
    outcomes = await asyncio.gather(
        *(quotas.take(Holder("a", f"s{n % 20}"), "t-forum", f"h{n}", 60_000) for n in range(200))
    )
    taken = outcomes.count(None)
    other = await quotas.take(Holder("b", "s"), "t-forum", "x", 60_000)

    figure(37, f"hoarding: {taken} of 200 holds let in, another caller unhindered")
    assert (30, None) == (taken, other)
