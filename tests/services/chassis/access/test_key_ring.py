"""Keys are known in memory, looked for when unknown, and end within one refresh."""

import asyncio
from collections.abc import AsyncIterator

import pytest

from services.chassis.access.key_ring import KeyRing
from services.chassis.access.key_store import KEYS, KeyStore
from services.chassis.access.keys import ApiKey, new_key, parse_token, rotated, token_of
from services.chassis.access.policy import Role
from services.chassis.clock import utc_now
from services.chassis.database.client import Client, connect
from services.chassis.errors import Unavailable
from services.chassis.settings import ChassisSettings

LONG_S = 60.0


@pytest.fixture
def store(database: Client) -> KeyStore:
    return KeyStore(database)


@pytest.fixture
async def ring(store: KeyStore) -> AsyncIterator[KeyRing]:
    """Refreshed only when a key is unknown."""
    async with KeyRing(store, LONG_S, utc_now) as ring:
        yield ring


async def made(store: KeyStore, name: str) -> tuple[ApiKey, str]:
    key, token = new_key(name, Role.CHANNEL, utc_now())
    assert await store.create(key)
    return key, token


async def test_a_new_key_works_at_once(store: KeyStore, ring: KeyRing):
    key, token = await made(store, "till")
    assert key == await ring.find(token)


async def test_a_key_that_is_known_needs_no_redis(store: KeyStore, ring: KeyRing, database):
    key, token = await made(store, "till")
    await ring.find(token)
    before = (await database.info("commandstats")).get("cmdstat_get", {"calls": 0})["calls"]
    for _ in range(100):
        assert key == await ring.find(token)
    after = (await database.info("commandstats")).get("cmdstat_get", {"calls": 0})["calls"]

    assert before == after


async def test_the_right_name_with_another_secret_is_nobody(store: KeyStore, ring: KeyRing):
    _, token = await made(store, "till")
    _, other = new_key("till", Role.ADMIN, utc_now())

    assert await ring.find(token) is not None
    assert await ring.find(other) is None
    assert await ring.find(token_of("door", parse_token(token)[1])) is None  # type: ignore[index]


@pytest.mark.parametrize("text", ["", "till", "enrayon_till_", "enrayon_till_x", "é" * 60])
async def test_what_is_no_token_is_nobody(ring: KeyRing, text: str):
    assert await ring.find(text) is None


async def test_a_new_secret_works_at_once_and_the_old_one_for_its_time(store, ring):
    key, old = await made(store, "till")
    assert await ring.find(old)
    after, new = rotated(key, utc_now(), utc_now() - utc_now())
    assert await store.replace(key, after)

    assert after == await ring.find(new)
    assert await ring.find(old) is None


async def test_a_revoked_key_ends_with_the_next_refresh(store: KeyStore, ring: KeyRing):
    key, token = await made(store, "till")
    assert await ring.find(token)
    assert await store.revoke("till")

    assert key == await ring.find(token)
    await ring.refresh()
    assert await ring.find(token) is None


async def test_a_ring_refreshes_by_itself(store: KeyStore):
    async with KeyRing(store, 0.01, utc_now) as ring:
        _, token = await made(store, "till")
        assert await ring.find(token)
        await store.revoke("till")
        async with asyncio.timeout(30):
            while await ring.find(token):  # noqa: ASYNC110 nothing tells of a refresh
                await asyncio.sleep(0.01)


async def test_a_flood_of_unknown_keys_costs_redis_next_to_nothing(store, ring, database):
    floods = [new_key("till", Role.ADMIN, utc_now())[1] for _ in range(500)]
    await database.config_resetstat()
    assert [None] * 500 == await asyncio.gather(*map(ring.find, floods))
    stats = await database.info("commandstats")

    assert stats["cmdstat_get"]["calls"] <= 5


async def test_keys_last_known_stay_good_without_redis(store, database, database_url, settings):
    client = connect(settings, database_url)
    async with KeyRing(KeyStore(client), LONG_S, utc_now) as ring:
        key, token = await made(store, "till")
        await ring.find(token)
        lost = connect(settings, "redis://127.0.0.1:1")
        ring._store = KeyStore(lost)

        assert key == await ring.find(token)
        assert await ring.find(new_key("door", Role.ADMIN, utc_now())[1]) is None
        await lost.aclose()
    await client.aclose()


async def test_without_ever_having_seen_redis_nothing_is_said_of_a_key(settings: ChassisSettings):
    client = connect(settings, "redis://127.0.0.1:1")
    async with KeyRing(KeyStore(client), LONG_S, utc_now) as ring:
        with pytest.raises(Unavailable):
            await ring.find(new_key("till", Role.CHANNEL, utc_now())[1])
    await client.aclose()


async def test_who_gives_up_waiting_takes_nothing_from_the_others(store: KeyStore, ring: KeyRing):
    key, token = await made(store, "till")
    impatient, patient = (asyncio.create_task(ring.find(token)) for _ in range(2))
    await asyncio.sleep(0)
    impatient.cancel()

    assert key == await patient


async def test_names_are_taken_once_and_changes_lose_to_changes(store: KeyStore):
    key, _ = await made(store, "till")
    assert not await store.create(new_key("till", Role.ADMIN, utc_now())[0])
    first, _ = rotated(key, utc_now(), utc_now() - utc_now())
    second, _ = rotated(key, utc_now(), utc_now() - utc_now())

    assert await store.replace(key, first)
    assert not await store.replace(key, second)
    assert {"till": first} == await store.all()
    assert (True, False) == (await store.revoke("till"), await store.revoke("till"))
    assert await store.get("till") is None


async def test_no_secret_lies_in_redis(store: KeyStore, database: Client):
    _, token = await made(store, "till")
    kept = await database.hgetall(KEYS)

    _, secret = token.split("_till_")
    assert secret.encode() not in b"".join([*kept, *kept.values()])


async def test_a_damaged_record_takes_nothing_from_other_keys(store, ring, database):
    await database.hset(KEYS, "broken", b'{"role": "CHANNEL"}')
    key, token = await made(store, "till")
    assert key == await ring.find(token)
    assert None is await ring.find(token.replace("till", "broken"))
