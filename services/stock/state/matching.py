"""Matches changed levels with wishes, in the slot of their store; what is found waits as claims.

A changed level is matched in its store's slot: wishes that it is enough for become claims. A
claim then fires its alert in the owner's slot, once. The last script drops the claim and appends
the event, in the store's slot again. If a worker dies in between, the next one goes on from there.
"""

from collections.abc import Sequence
from typing import NamedTuple

from services.chassis.database.client import Client, Value, grouped_script, many_script, script
from services.chassis.database.wakes import Wakes
from services.stock.model.alerts import Claim, claim_of
from services.stock.model.partitions import PARTITIONS, StoreKeys, partition_of, tag
from services.stock.state import LIBRARY, PACKAGE, WISHES
from services.stock.state.alerts import wishes_key
from services.stock.state.holds import MOST_EVENTS

ENTRIES_AT_ONCE = 1000
"""Entries of a partition's ledger that one turn reads."""
POLL_S = 0.25
"""Pause between two looks on a cluster."""
PLACES_AT_ONCE = 1000
"""Places without a new entry that one turn matches."""
NEWS_KEYS = [
    [
        f"{tag(partition)}:{name}"
        for name in ("ledger", "matched", "mark", "wished", "look", "fires", "claims", "ending")
    ]
    for partition in range(PARTITIONS)
]
"""The keys of lua/news.lua."""
PROMISED_MS = 15 * 60_000
"""Time for which units count as promised to the owner of a fired alert."""
FRESH_MS = 86_400_000
"""Age from which a level is unknown where no setting says another."""


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
    """Time until a place is to be matched without an entry, or an alert expires; None: never."""
    expired: Sequence[tuple[str, str]] = ()
    """Owners and alerts that have expired, or ended before."""

    @property
    def has_more(self) -> bool:
        """True if the ledger may have further entries."""
        return self.entries == ENTRIES_AT_ONCE


class Matching:
    """Matches levels, and keeps the claims. `now_ms` is for tests."""

    def __init__(
        self,
        client: Client,
        promised_ms: int = PROMISED_MS,
        *,
        fresh_ms: int = FRESH_MS,
        bands_only: bool = False,
        most_events: int = MOST_EVENTS,
    ) -> None:
        self._client = client
        keys = [f"{tag(p)}:{name}" for name in ("ledger", "wake") for p in range(PARTITIONS)]
        self.wakes = Wakes(client, keys, POLL_S)
        """Wait for movements and wishes."""
        self._promised_ms = promised_ms
        self._fresh_ms = fresh_ms
        self._bands_only = int(bands_only)
        self._most_events = most_events
        self._news = grouped_script(client, PACKAGE, "news", LIBRARY)
        self._match = script(client, PACKAGE, "match", WISHES)
        self._basket = many_script(client, PACKAGE, "basket", WISHES)
        self._told = script(client, PACKAGE, "told", LIBRARY)
        self._bar = script(client, PACKAGE, "bar")

    async def news(self, now_ms: int | None = None) -> list[News]:
        """The places to be matched in each partition, in one round trip."""
        args: list[Value] = ["" if now_ms is None else now_ms, ENTRIES_AT_ONCE, PLACES_AT_ONCE]
        return [
            News(
                partition,
                last.decode(),
                count,
                claims,
                list(map(split, places)),
                int(wait_ms) / 1000 if wait_ms else None,
                list(map(split, expired)),
            )
            for partition, (last, count, claims, places, wait_ms, expired) in enumerate(
                await self._news(NEWS_KEYS, args)
            )
        ]

    async def match(
        self, store: str, sku: str, now_ms: int | None = None, *, is_open: bool = True
    ) -> int:
        """Make claims of the wishes that a level is enough for; answers how many.

        A store that is not open for business is looked at again later.
        """
        of, head = StoreKeys.of(store), tag(partition_of(store))
        wished, look, fires = (f"{head}:{name}" for name in ("wished", "look", "fires"))
        keys = [of.levels, wishes_key(store, sku), told_key(store, sku)]
        now: Value = "" if now_ms is None else now_ms
        rest: list[Value] = [self._promised_ms, self._bands_only]
        moved, *wishes = await self._match(
            [*keys, wished, look, fires, of.policies],
            [now, store, sku, *rest, int(not is_open), self._fresh_ms],
        )
        calls = []
        for wish in wishes:
            lines = lines_of(wish.decode())
            line_keys = [key(store, name) for name in lines for key in (wishes_key, told_key)]
            args: list[Value] = [
                now,
                store,
                *rest,
                self._fresh_ms,
                wish,
                list(lines).index(sku) + 1,
            ]
            args += [part for line in lines.items() for part in line]
            calls.append(([of.levels, wished, look, fires, of.policies, *line_keys], args))
        baskets: list[int] = await self._basket(calls) if calls else []
        return int(moved) + sum(baskets)

    async def claims(self, partition: int) -> list[Claim]:
        """The claims of a partition that wait, with those of an older version."""
        found = []
        for name in ("fires", "claims"):
            key = f"{tag(partition)}:{name}"
            fields = await self._client.hgetall(key)
            found += [claim_of(key, field, value) for field, value in fields.items()]
        return found

    async def bar(self, claim: Claim) -> Claim | None:
        """Bar a claim, so that no hold comes of it any more; None if another worker dropped it.

        A hold of a worker that died is found after this, or never made.
        """
        barred = claim.barred
        is_there = await self._bar([claim.key], [claim.field, claim.value, barred.value])
        return barred if is_there else None

    async def drop(self, claim: Claim, event: bytes = b"") -> bool:
        """Drop a claim and tell the event of it, in one act; False if another worker did."""
        return await self._drop(claim.key, claim.field, claim.value, "", event)

    async def drop_expired(self, partition: int, owner: str, alert: str, event: bytes) -> bool:
        """Drop an alert that has expired, and tell the event of it, if there is one."""
        key = f"{tag(partition)}:fires"
        return await self._drop(key, "", b"", f"{owner} {alert}", event)

    async def _drop(self, key: str, field: str, value: bytes, member: str, event: bytes) -> bool:
        head = key[: key.index("}") + 1]
        others = [f"{head}:{name}" for name in ("ending", "events", "cursors", "dropped")]
        args: list[Value] = [field, value, member, event, self._most_events]
        return bool(await self._told([key, *others], args))

    async def free(self, claim: Claim) -> None:
        """Take back the promise of a claim; then the next wishes are matched."""
        store = claim.found.store
        pipeline = self._client.pipeline(transaction=False)
        for sku, units in claim.wanted.items():
            pipeline.zrem(told_key(store, sku), f"{claim.owner} {claim.alert} {units}")
            pipeline.zadd(f"{tag(partition_of(store))}:look", {f"{store} {sku}": 0})
        await pipeline.execute()

    async def matched_to(self, partition: int) -> str:
        """The last entry of a partition's ledger that was matched; empty when none was."""
        id = await self._client.get(f"{tag(partition)}:matched")
        return id.decode() if id else ""

    async def set_matched(self, partition: int, id: str) -> None:
        """Note the last entry that was matched."""
        await self._client.set(f"{tag(partition)}:matched", id)


def told_key(store: str, sku: str) -> str:
    """The key of the promises of a product at a store."""
    return f"{tag(partition_of(store))}:told:{store}:{sku}"


def lines_of(wish: str) -> dict[str, int]:
    """SKU -> units of a wish for several products."""
    lines = (line.split(":") for line in wish.rpartition(" ")[2].split(";") if line)
    return {sku: int(units) for sku, units in lines}


def split(pair: bytes) -> tuple[str, str]:
    """The two parts of a text with a space between."""
    first, _, second = pair.decode().partition(" ")
    return first, second
