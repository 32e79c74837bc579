"""Stock alerts: wishes beside the levels of their stores, alerts and deliveries with their owner.

A changed level is matched in its store's slot: wishes that it is enough for become claims. Each
claim is then claimed in its owner's slot, which fires the alert, once, and appends the delivery.
Only then is the claim deleted. If a worker dies in between, the next one goes on from the claims.
"""

from collections import defaultdict
from collections.abc import Sequence
from typing import NamedTuple

from services.chassis.database.client import Client, Value, grouped_script, many_script, script
from services.chassis.database.wakes import Wakes
from services.chassis.errors import QuotaExceeded
from services.stock.model.alerts import Alert, Delivery, alert_json, alert_of
from services.stock.model.partitions import PARTITIONS, StoreKeys, partition_of, tag
from services.stock.state import LIBRARY, PACKAGE

DELIVERIES_KEPT = 100_000
"""The most deliveries that are kept for each owner."""
ENTRIES_AT_ONCE = 1000
"""Entries of a partition's ledger that one turn reads."""
POLL_S = 0.25
"""Pause between two looks on a cluster."""
PLACES_AT_ONCE = 1000
"""Places without a new entry that one turn matches."""
NEWS_KEYS = [
    [
        f"{tag(partition)}:{name}"
        for name in ("ledger", "matched", "mark", "wished", "look", "claims")
    ]
    for partition in range(PARTITIONS)
]
"""The keys of lua/news.lua."""
PROMISED_MS = 15 * 60_000
"""Time for which units count as promised to the owner of a fired alert."""


class News(NamedTuple):
    """The places of a partition whose levels are to be matched with wishes."""

    partition: int
    last: str
    """The id of the last entry that was read; empty when there was none."""
    entries: int
    claims: int
    """Claims that wait."""
    places: list[tuple[str, str]]
    """Stores and SKUs."""
    wait_s: float | None = None
    """Time until a place is to be matched without an entry; None where there is none."""

    @property
    def has_more(self) -> bool:
        """True if the ledger may have further entries."""
        return self.entries == ENTRIES_AT_ONCE


class Alerts:
    """Keeps, matches and fires alerts. `now_ms` is for tests."""

    def __init__(
        self,
        client: Client,
        promised_ms: int = PROMISED_MS,
        *,
        most: int = 0,
        bands_only: bool = False,
    ) -> None:
        """`most` is the number of alerts that an owner may have; 0: no limit."""
        self._client = client
        self._most = most
        self._keep = script(client, PACKAGE, "alert")
        keys = [f"{tag(p)}:{name}" for name in ("ledger", "wake") for p in range(PARTITIONS)]
        self.wakes = Wakes(client, keys, POLL_S)
        """Wait for movements and wishes."""
        self._bands_only = bands_only
        self._promised_ms = promised_ms
        self._wish = many_script(client, PACKAGE, "wish", LIBRARY)
        self._news = grouped_script(client, PACKAGE, "news", LIBRARY)
        self._match = script(client, PACKAGE, "match", LIBRARY)
        self._claim = script(client, PACKAGE, "claim", LIBRARY)

    async def create(self, owner: str, alert: Alert) -> Alert:
        """Keep an alert, then its wishes; a retry changes nothing.

        Answers the alert of that id that is kept: an earlier one has no wishes of another.

        Raises:
            QuotaExceeded: the owner has as many alerts as it may.
        """
        args: list[Value] = [alert.id, alert_json(alert), self._most]
        raw = await self._keep([alerts_key(owner)], args)
        if not raw:
            raise QuotaExceeded("caller_alerts", self._most)
        kept = alert_of(alert.id, raw)
        if not kept.waits_as(alert):
            return kept
        calls = []
        for store in alert.stores:
            head = tag(partition_of(store))
            for sku in alert.skus:
                keys = [
                    wishes_key(store, sku),
                    *(f"{head}:{n}" for n in ("wished", "look", "wake")),
                ]
                wish = wish_of(owner, alert)
                wanted: list[Value] = ["", f"{store} {sku}", wish, alert.expire_ms]
                calls.append((keys, wanted))
        await self._wish(calls)
        return kept

    async def get(self, owner: str, id: str) -> Alert | None:
        """An alert of an owner."""
        raw = await self._client.hget(alerts_key(owner), id)
        return None if raw is None else alert_of(id, raw)

    async def all(self, owner: str) -> list[Alert]:
        """The alerts of an owner, by id."""
        found = await self._client.hgetall(alerts_key(owner))
        return [alert_of(id.decode(), raw) for id, raw in sorted(found.items())]

    async def forget(self, before_ms: int) -> int:
        """Delete the alerts that fired or expired before a moment; answers how many."""
        count = 0
        async for key in self._client.scan_iter("{a:*}:alerts", count=1000):
            owner = key.decode().removeprefix("{a:").removesuffix("}:alerts")
            for alert in await self.all(owner):
                if alert.end_ms < before_ms:
                    count += await self.delete(owner, alert.id)
        return count

    async def delete(self, owner: str, id: str) -> bool:
        """Delete an alert and its wishes; answers whether there was one.

        A wish that is left behind fires nothing, and goes when the alert would have expired.
        """
        if alert := await self.get(owner, id):
            pipeline = self._client.pipeline(transaction=False)
            for store in alert.stores:
                for sku in alert.skus:
                    pipeline.zrem(wishes_key(store, sku), wish_of(owner, alert))
            await pipeline.execute()
        return bool(await self._client.hdel(alerts_key(owner), id))

    async def deliveries(self, owner: str, after: str, count: int = 100) -> list[Delivery]:
        """The next deliveries past an entry."""
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
        """The entry of the newest delivery, `0-0` when there is none."""
        newest = await self._client.xrevrange(deliveries_key(owner), count=1)
        return newest[0][0].decode() if newest else "0-0"

    async def oldest_delivery(self, owner: str) -> str:
        """The entry of the oldest delivery that is kept, `0-0` when there is none."""
        oldest = await self._client.xrange(deliveries_key(owner), count=1)
        return oldest[0][0].decode() if oldest else "0-0"

    async def news(self, now_ms: int | None = None) -> list[News]:
        """The places to be matched in each partition, in one round trip."""
        args: list[Value] = ["" if now_ms is None else now_ms, ENTRIES_AT_ONCE, PLACES_AT_ONCE]
        return [
            News(
                partition,
                last.decode(),
                count,
                claims,
                list(map(split_place, places)),
                int(wait_ms) / 1000 if wait_ms else None,
            )
            for partition, (last, count, claims, places, wait_ms) in enumerate(
                await self._news(NEWS_KEYS, args)
            )
        ]

    async def match(
        self, store: str, sku: str, now_ms: int | None = None, *, is_open: bool = True
    ) -> int:
        """Make claims of the wishes that a level is enough for; answers how many.

        A store that is not open for business is looked at again later.
        """
        head = tag(partition_of(store))
        keys = [
            StoreKeys.of(store).levels,
            wishes_key(store, sku),
            told_key(store, sku),
            f"{head}:wished",
            f"{head}:look",
            f"{head}:claims",
            StoreKeys.of(store).policies,
        ]
        now: Value = "" if now_ms is None else now_ms
        args: list[Value] = [
            now,
            store,
            sku,
            self._promised_ms,
            int(self._bands_only),
            int(not is_open),
        ]
        _, *moved = await self._match(keys, args)
        return len(moved)

    async def claim_all(self, partition: int) -> int:
        """Fire the alerts of a partition's claims, each once; answers how many fired."""
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
        """Take back the promise to alerts that did not fire; then the next wishes are matched."""
        await self._client.zrem(told_key(store, sku), *wishes)
        await self._client.zadd(f"{tag(partition_of(store))}:look", {f"{store} {sku}": 0})

    async def matched_to(self, partition: int) -> str:
        """The last entry of a partition's ledger that was matched; empty when none was."""
        id = await self._client.get(f"{tag(partition)}:matched")
        return id.decode() if id else ""

    async def set_matched(self, partition: int, id: str) -> None:
        """Note the last entry that was matched."""
        await self._client.set(f"{tag(partition)}:matched", id)


def wish_of(owner: str, alert: Alert) -> str:
    """The wish of an alert, the same at each store and for each product."""
    return f"{owner} {alert.id} {alert.units}"


def alerts_key(owner: str) -> str:
    """The key of an owner's alerts."""
    return f"{{a:{owner}}}:alerts"


def deliveries_key(owner: str) -> str:
    """The key of an owner's deliveries."""
    return f"{{a:{owner}}}:deliveries"


def wishes_key(store: str, sku: str) -> str:
    """The key of the wishes for a product at a store."""
    return f"{tag(partition_of(store))}:wishes:{store}:{sku}"


def told_key(store: str, sku: str) -> str:
    """The key of the wishes that were told of a product at a store lately."""
    return f"{tag(partition_of(store))}:told:{store}:{sku}"


def split_place(place: bytes) -> tuple[str, str]:
    """The store and the SKU of a place."""
    store, _, sku = place.decode().partition(" ")
    return store, sku
