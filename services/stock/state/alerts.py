"""Stock alerts in Redis: wishes lie beside the levels, alerts and deliveries with their owner.

A level's change is matched in the store's slot, which moves wishes to the claims; each is then
claimed in its owner's slot, which fires the alert once and appends the delivery; only then is it
taken off the claims. Whatever dies in between, the next worker goes on from the claims.
"""

from collections import defaultdict
from collections.abc import Sequence
from typing import NamedTuple

import orjson

from services.chassis.database.client import Client, Value, many_script, script
from services.stock.model.partitions import PARTITIONS, StoreKeys, partition_of, tag
from services.stock.state.levels import LIBRARY, PACKAGE

DELIVERIES_KEPT = 100_000
ENTRIES = 1000
"""Of a partition's ledger, looked at in one turn."""
PLACES = 1000
TAKEN_MS = 15 * 60_000
"""For so long units count as taken by those who were told of them."""


class Alert(NamedTuple):
    """A wish to be told when stock comes."""

    id: str
    skus: tuple[str, ...]
    stores: tuple[str, ...]
    units: int
    expire_ms: int
    fire_ms: int | None = None


class Delivery(NamedTuple):
    """An alert that fired."""

    token: str
    alert: str
    store: str
    sku: str
    available: int


class News(NamedTuple):
    """What is to be matched in a partition."""

    partition: int
    last: str
    """The id of the last entry looked at; empty when there was none."""
    entries: int
    claims: int
    """How many wait to be fired."""
    places: list[tuple[str, str]]
    """Stores and SKUs."""


class Alerts:
    """Keeps, matches and fires alerts."""

    def __init__(self, client: Client, taken_ms: int = TAKEN_MS) -> None:
        self._client = client
        self._taken_ms = taken_ms
        self._wish = many_script(client, PACKAGE, "wish", LIBRARY)
        self._news = many_script(client, PACKAGE, "news", LIBRARY)
        self._match = script(client, PACKAGE, "match", LIBRARY)
        self._claim = script(client, PACKAGE, "claim", LIBRARY)

    async def create(self, owner: str, alert: Alert) -> None:
        """Keep an alert, then its wishes; done twice it is there once."""
        record = {
            "skus": alert.skus,
            "stores": alert.stores,
            "units": alert.units,
            "expire": alert.expire_ms,
        }
        await self._client.hsetnx(alerts_key(owner), alert.id, orjson.dumps(record))
        calls = []
        for store in alert.stores:
            head = tag(partition_of(store))
            for sku in alert.skus:
                keys = [wishes_key(store, sku), f"{head}:wished", f"{head}:look"]
                wish = f"{owner} {alert.id} {alert.units}"
                args: list[Value] = ["", f"{store} {sku}", wish, alert.expire_ms]
                calls.append((keys, args))
        await self._wish(calls)

    async def get(self, owner: str, id: str) -> Alert | None:
        """An alert of an owner."""
        raw = await self._client.hget(alerts_key(owner), id)
        return None if raw is None else alert_of(id, raw)

    async def all(self, owner: str) -> list[Alert]:
        """The alerts of an owner, by id."""
        found = await self._client.hgetall(alerts_key(owner))
        return [alert_of(id.decode(), raw) for id, raw in sorted(found.items())]

    async def forget(self, before_ms: int) -> int:
        """Forget the alerts that fired or expired before a moment; how many."""
        count = 0
        async for key in self._client.scan_iter("{a:*}:alerts", count=1000):
            owner = key.decode().removeprefix("{a:").removesuffix("}:alerts")
            for alert in await self.all(owner):
                if min(alert.expire_ms, alert.fire_ms or alert.expire_ms) < before_ms:
                    count += await self.delete(owner, alert.id)
        return count

    async def delete(self, owner: str, id: str) -> bool:
        """Take an alert back; its wishes then lead nowhere. Whether there was one."""
        return bool(await self._client.hdel(alerts_key(owner), id))

    async def deliveries(self, owner: str, after: str, count: int = 100) -> list[Delivery]:
        """What fired past a token."""
        found = await self._client.xrange(deliveries_key(owner), min=f"({after}", count=count)
        return [
            Delivery(
                id.decode(),
                fields[b"id"].decode(),
                fields[b"s"].decode(),
                fields[b"u"].decode(),
                int(fields[b"n"]),
            )
            for id, fields in found
        ]

    async def last_delivery(self, owner: str) -> str:
        """The token of the newest delivery."""
        newest = await self._client.xrevrange(deliveries_key(owner), count=1)
        return newest[0][0].decode() if newest else "0-0"

    async def oldest_delivery(self, owner: str) -> str:
        """The token of the oldest one that is kept."""
        oldest = await self._client.xrange(deliveries_key(owner), count=1)
        return oldest[0][0].decode() if oldest else "0-0"

    async def news(self, now_ms: int | None = None) -> list[News]:
        """What is to be matched in each partition, in one round trip."""
        args: list[Value] = ["" if now_ms is None else now_ms, ENTRIES, PLACES]
        calls = []
        for partition in range(PARTITIONS):
            head = tag(partition)
            names = ("ledger", "matched", "mark", "wished", "look", "claims")
            calls.append(([f"{head}:{name}" for name in names], args))
        return [
            News(partition, last.decode(), count, claims, list(map(split_place, places)))
            for partition, (last, count, claims, places) in enumerate(await self._news(calls))
        ]

    async def match(self, store: str, sku: str, now_ms: int | None = None) -> int:
        """Move the wishes that a level is enough for to the claims; how many."""
        head = tag(partition_of(store))
        keys = [
            StoreKeys.of(store).levels,
            wishes_key(store, sku),
            f"{head}:told:{store}:{sku}",
            f"{head}:wished",
            f"{head}:look",
            f"{head}:claims",
        ]
        picked = await self._match(
            keys, ["" if now_ms is None else now_ms, store, sku, self._taken_ms]
        )
        return len(picked) - 1

    async def claim_all(self, partition: int) -> int:
        """Fire what lies on the claims, each once; how many fired."""
        head = tag(partition)
        claims = await self._client.hgetall(f"{head}:claims")
        fired = 0
        stale: defaultdict[tuple[str, str], list[str]] = defaultdict(list)
        for claim, available in claims.items():
            store, sku, owner, id, units = claim.decode().split(" ")
            done = await self._claim(
                [alerts_key(owner), deliveries_key(owner)],
                ["", id, store, sku, available, DELIVERIES_KEPT],
            )
            fired += done
            if not done:
                stale[store, sku].append(f"{owner} {id} {units}")
            await self._client.hdel(f"{head}:claims", claim)
        for (store, sku), wishes in stale.items():
            await self._free(store, sku, wishes)
        return fired

    async def _free(self, store: str, sku: str, wishes: Sequence[str]) -> None:
        """Units are not taken by those who were not told after all; the next ones get a turn."""
        head = tag(partition_of(store))
        await self._client.zrem(f"{head}:told:{store}:{sku}", *wishes)
        await self._client.zadd(f"{head}:look", {f"{store} {sku}": 0})

    async def matched_to(self, partition: int) -> str:
        """Up to where the ledger of a partition was matched."""
        id = await self._client.get(f"{tag(partition)}:matched")
        return id.decode() if id else ""

    async def set_matched(self, partition: int, id: str) -> None:
        """Note up to where the ledger was matched."""
        await self._client.set(f"{tag(partition)}:matched", id)


def alert_of(id: str, raw: bytes) -> Alert:
    """The alert in its JSON."""
    record = orjson.loads(raw)
    return Alert(
        id,
        tuple(record["skus"]),
        tuple(record["stores"]),
        record["units"],
        record["expire"],
        record.get("fired"),
    )


def alerts_key(owner: str) -> str:
    """The alerts of an owner."""
    return f"{{a:{owner}}}:alerts"


def deliveries_key(owner: str) -> str:
    """What fired for an owner."""
    return f"{{a:{owner}}}:deliveries"


def wishes_key(store: str, sku: str) -> str:
    """Who waits for a product at a store."""
    return f"{tag(partition_of(store))}:wishes:{store}:{sku}"


def split_place(place: bytes) -> tuple[str, str]:
    """Store and SKU."""
    store, _, sku = place.decode().partition(" ")
    return store, sku
