"""Holds in the database: each change is one Lua call in one slot."""

import hashlib
import math
from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

import orjson

from services.chassis.database.client import Client, Value, grouped_script, many_script, script
from services.chassis.database.cluster import Cluster
from services.chassis.database.leases import Lease
from services.chassis.database.replication import replicated_script
from services.chassis.database.wakes import Wakes
from services.chassis.messages.base64url import base64url
from services.stock.model.alerts import Claim
from services.stock.model.holds import Hold, decoded
from services.stock.model.partitions import PARTITIONS, StoreKeys, tag
from services.stock.model.policies import DEFAULT_PAGE_LIMITS
from services.stock.state import LIBRARY, PACKAGE, RESERVING, TAKING

MOST_EVENTS = 200_000
"""Events of holds and alerts that a partition keeps while no worker trims them, by default."""
STORES_AT_ONCE = 100
"""Stores of a partition that one turn of the sweeper ends holds of."""
EVERY_STORE, FAR_MS = 10_000_000, 2**53
POLL_S = 1.0
"""Pause between two looks on a cluster."""


class RequestKey(NamedTuple):
    """Identifies a request, so that a retry is answered as the first time (AIP-155)."""

    field: str = ""
    """Hash of the caller, the method and the `request_id`: the field in the database."""
    fingerprint: str = ""
    """Hash of the request's content, which a retry must repeat."""


NO_KEY = RequestKey()


class Outcome(NamedTuple):
    """The outcome of a change by the word of its Lua file, with the hold or the detail."""

    word: str
    found: Hold | None = None
    detail: tuple[Any, ...] = ()

    @property
    def hold(self) -> Hold:
        """The hold of an outcome that has one."""
        assert self.found is not None, self.word
        return self.found


class Holds:
    """Makes, changes and reads holds. `now_ms` is for tests; servers leave it to the database.

    A change is acknowledged once so many `replicas` have it; they get a second for that.
    """

    def __init__(
        self, client: Client, replicas: int = 0, *, most_events: int = MOST_EVENTS
    ) -> None:
        self._client = client
        self._most_events = most_events
        self.takes_leases = not isinstance(client, Cluster)
        """True if `reserve` can take a lease: on a cluster that lies in another slot."""
        self._reserve, self._transition = (
            replicated_script(client, PACKAGE, name, libraries, replicas=replicas)
            for name, libraries in (("reserve", RESERVING), ("transition", LIBRARY))
        )
        self._update = replicated_script(client, PACKAGE, "update", TAKING, replicas=replicas)
        self._arrival, self._undo = (
            replicated_script(client, PACKAGE, name, LIBRARY, replicas=replicas)
            for name in ("arrival", "undo")
        )
        ledgers = [f"{tag(partition)}:ledger" for partition in range(PARTITIONS)]
        self.wakes = Wakes(client, ledgers, POLL_S)
        """Wait for movements, a new hold among them."""
        self._sweep = script(client, PACKAGE, "sweep", LIBRARY)
        self._due = grouped_script(client, PACKAGE, "due", LIBRARY)
        self._read = many_script(client, PACKAGE, "holds", LIBRARY)

    async def reserve(
        self,
        store: str,
        record: bytes,
        lines: Mapping[str, int],
        *,
        ttl_ms: int,
        fresh_ms: int,
        request: RequestKey = NO_KEY,
        addresses: Sequence[str] = (),
        policy: bytes | None = None,
        capacity: int = 0,
        partial: bool = False,
        validate_only: bool = False,
        repeats_only: bool = False,
        bands_only: bool = False,
        claim: Claim | None = None,
        lease: Lease | None = None,
        now_ms: int | None = None,
    ) -> Outcome:
        """Hold units of each SKU; `record` comes from `model.holds.encoded`.

        The store's bounds of one address apply to `addresses`, the keyed hashes of one. `capacity`
        is that of the hold's slot. `policy` is the store's, in JSON, by which the hold was planned:
        with another one now, nothing is held. With `repeats_only` only a retry is answered. Of a
        `claim` that is not there as it was, nothing is held. A `lease` is taken in the same act,
        which needs `takes_leases`.
        """
        of = StoreKeys.of(store)
        keys = [*of.of_holds, of.policies]
        terms: dict[str, Any] = {
            "ttl": ttl_ms,
            "fresh_ms": fresh_ms,
            "capacity": capacity,
            "part": partial,
            "validate": validate_only,
            "repeats": repeats_only,
            "bands": bands_only,
            "events": self._most_events,
        }
        if claim:
            keys.append(claim.key)
            terms["claim"] = [claim.field, claim.value.decode()]
        if lease:
            terms["lease"] = {
                "at": len(keys),
                "ms": lease.total_ms,
                "most": [*lease.quotas.values()],
                "list": lease.listing and lease.listing[1:],
            }
            keys += lease.keys
        args: list[Value] = [
            "" if now_ms is None else now_ms,
            store,
            *request,
            orjson.dumps(terms),
            "*" if policy is None else policy,
            record,
            bounds_of(addresses),
        ]
        for sku, quantity in lines.items():
            args += [sku, quantity]
        word, *rest = await self._reserve(keys, args)
        if word in (b"new", b"same"):
            return Outcome(word.decode(), decoded(rest[0], store))
        return Outcome(word.decode(), None, tuple(plain(item) for item in rest))

    async def update(
        self,
        store: str,
        id: str,
        lines: Mapping[str, int],
        terms: Mapping[str, Any],
        *,
        policy: bytes,
        owner: str = "",
        etag: str = "",
        request: RequestKey = NO_KEY,
        addresses: Sequence[str] = (),
        now_ms: int | None = None,
    ) -> Outcome:
        """Change lines, slot or method of a hold; lua/update.lua explains the terms."""
        of = StoreKeys.of(store)
        args: list[Value] = [
            "" if now_ms is None else now_ms,
            store,
            id,
            owner,
            etag,
            *request,
            orjson.dumps({**terms, "events": self._most_events}),
            policy,
            bounds_of(addresses),
        ]
        for sku, quantity in lines.items():
            args += [sku, quantity]
        word, *rest = await self._update([*of.of_holds, of.policies], args)
        if rest and rest[0].startswith(b"{") and word != b"policy":
            detail = tuple(plain(item) for item in rest[1:])
            return Outcome(word.decode(), decoded(rest[0], store), detail)
        return Outcome(word.decode(), None, tuple(plain(item) for item in rest))

    async def transition(
        self,
        store: str,
        id: str,
        action: str,
        *,
        owner: str = "",
        etag: str = "",
        request: RequestKey = NO_KEY,
        argument: Mapping[str, Any] | None = None,
        now_ms: int | None = None,
    ) -> Outcome:
        """Bring a hold to another state; lua/transition.lua lists the actions."""
        args: list[Value] = [
            "" if now_ms is None else now_ms,
            store,
            id,
            owner,
            action,
            etag,
            *request,
            orjson.dumps(argument or {}),
            self._most_events,
        ]
        return self._outcome(store, await self._transition(StoreKeys.of(store).of_holds, args))

    def _outcome(self, store: str, answer: Sequence[Any]) -> Outcome:
        word, *rest = answer
        hold = decoded(rest[0], store) if rest else None
        return Outcome(word.decode(), hold, tuple(plain(item) for item in rest[1:]))

    async def undo(
        self, store: str, id: str, owner: str = "", etag: str = "", now_ms: int | None = None
    ) -> Outcome:
        """Take the last hand-over of a hold back; lua/undo.lua lists the outcomes."""
        args: list[Value] = ["" if now_ms is None else now_ms, store, id, owner, etag]
        args.append(self._most_events)
        return self._outcome(store, await self._undo(StoreKeys.of(store).of_holds, args))

    async def tell(self, hold: Hold, trip: str, fact: bytes, now_ms: int | None = None) -> Outcome:
        """Tell a hold a fact about a trip to it (`directory.orders`), if it is as it was read."""
        args: list[Value] = [
            "" if now_ms is None else now_ms,
            hold.store,
            hold.id,
            hold.revision,
            trip,
            fact,
            self._most_events,
        ]
        return self._outcome(
            hold.store, await self._arrival(StoreKeys.of(hold.store).of_holds, args)
        )

    async def read(
        self, store: str, ids: Sequence[str], now_ms: int | None = None
    ) -> list[Hold | None]:
        """Holds of a store by id, by the database's clock; None where there is none."""
        return await self._looked_up({store: ids}, now_ms) if ids else []

    async def read_all(
        self, ids: Mapping[str, Sequence[str]], now_ms: int | None = None
    ) -> list[Hold]:
        """Holds by store and id, in one round trip; those that do not exist are left out."""
        return [hold for hold in await self._looked_up(ids, now_ms) if hold] if ids else []

    async def by_code(self, store: str, code: str, now_ms: int | None = None) -> Hold | None:
        """The hold of a store with a short code, also when it has ended; None if there is none."""
        id = await self._client.hget(StoreKeys.of(store).codes, code)
        [hold] = await self.read(store, [id.decode()], now_ms) if id else [None]
        return hold

    async def of_store(
        self, store: str, now_ms: int | None = None, *, live_only: bool = False
    ) -> list[Hold]:
        """All holds of a store, ended ones included as long as they are kept, or the live ones."""
        mode = "live" if live_only else "all"
        found = await self._looked_up({store: ()}, now_ms, mode)
        return [hold for hold in found if hold and (hold.is_live or not live_only)]

    async def has_any(self, store: str) -> bool:
        """True if a store has holds, live or kept ended ones."""
        return bool(await self._client.hlen(StoreKeys.of(store).holds))

    async def _looked_up(
        self, ids: Mapping[str, Sequence[str]], now_ms: int | None, mode: str = "ids"
    ) -> list[Hold | None]:
        """Holds by store and id, or those that a mode of lua/holds.lua means."""
        now: Value = "" if now_ms is None else now_ms
        calls = [([StoreKeys.of(store).holds], [now, mode, *some]) for store, some in ids.items()]
        return [
            decoded(raw, store).at(read_at) if raw else None
            for store, (read_at, *raws) in zip(ids, await self._read(calls), strict=True)
            for raw in raws
        ]

    async def sweep(self, store: str, most: int, now_ms: int | None = None) -> int:
        """End expired holds of a store and delete old ones, at most so many; answers how many."""
        args: list[Value] = ["" if now_ms is None else now_ms, store, most, self._most_events]
        return int(await self._sweep(StoreKeys.of(store).of_holds, args))

    async def stores(self) -> list[str]:
        """The stores that have holds, live or kept ended ones."""
        stores, _ = await self.due(EVERY_STORE, FAR_MS)
        return stores

    async def due(self, most: int, now_ms: int | None = None) -> tuple[list[str], float]:
        """Stores with holds to sweep, at most so many of each partition; in one round trip.

        Answers the time until the next one is due too: infinite where there is none.
        """
        args: list[Value] = ["" if now_ms is None else now_ms, most]
        keys = [[f"{tag(partition)}:due"] for partition in range(PARTITIONS)]
        answers = await self._due(keys, args)
        waits_s = [wait_ms / 1000 for _, wait_ms in answers if wait_ms >= 0]
        return [store.decode() for stores, _ in answers for store in stores], min(
            waits_s, default=math.inf
        )

    async def sweep_all(self, most: int = 200, now_ms: int | None = None) -> tuple[int, float]:
        """Sweep every partition, at most so many holds of a store at once.

        Answers how many there were, and the time until the next one is due.
        """
        count = 0
        while True:
            stores, wait_s = await self.due(STORES_AT_ONCE, now_ms)
            if not stores:
                return count, wait_s
            for store in stores:
                count += await self.sweep(store, most, now_ms)


def request_key(caller: str, method: str, request_id: str, body: bytes) -> RequestKey:
    """The key of a request; its scope is the caller, the method, and the store by where it lies."""
    if not request_id:
        return NO_KEY
    scope = b"\0".join((caller.encode(), method.encode(), request_id.encode()))
    field = hashlib.blake2b(scope, digest_size=15)
    fingerprint = hashlib.blake2b(body, digest_size=12)
    return RequestKey(base64url(field.digest()), base64url(fingerprint.digest()))


def bounds_of(addresses: Sequence[str]) -> bytes:
    """The bounds of an address as lua/taking.lua reads them; nothing for trusted callers."""
    if not addresses:
        return b""
    return orjson.dumps({"addresses": addresses, "limits": DEFAULT_PAGE_LIMITS._asdict()})


def plain(value: Any) -> Any:
    """An item of a script's answer; bytes become text."""
    return value.decode() if isinstance(value, bytes) else value
