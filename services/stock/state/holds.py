"""Holds in Redis: each change is one Lua call on one slot."""

import base64
import hashlib
from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

import orjson

from services.chassis.database.client import Client, Value, many_script, script
from services.chassis.database.replication import replicated_script
from services.stock.model.holds import Hold, decoded
from services.stock.model.partitions import PARTITIONS, StoreKeys, tag
from services.stock.state.levels import LIBRARY, PACKAGE


class Request(NamedTuple):
    """What makes a retry known: the key's field in Redis, and what tells the body from others."""

    field: str = ""
    fingerprint: str = ""


NO_REQUEST = Request()


class Outcome(NamedTuple):
    """What became of a change, in the words of its Lua file, with the hold or what was wrong."""

    word: str
    found: Hold | None = None
    detail: tuple[Any, ...] = ()

    @property
    def hold(self) -> Hold:
        """The hold, of words that come with one."""
        assert self.found is not None, self.word
        return self.found


class Holds:
    """Makes, changes and reads holds. `now_ms` is for tests; servers leave it to Redis.

    A change is acknowledged once so many `replicas` have it, which are given a second.
    """

    def __init__(self, client: Client, replicas: int = 0) -> None:
        self._client = client
        self._reserve, self._transition = (
            replicated_script(client, PACKAGE, name, LIBRARY, replicas=replicas)
            for name in ("reserve", "transition")
        )
        self._sweep = script(client, PACKAGE, "sweep", LIBRARY)
        self._due = many_script(client, PACKAGE, "due", LIBRARY)
        self._look = script(client, PACKAGE, "holds", LIBRARY)

    async def reserve(
        self,
        store: str,
        record: bytes,
        lines: Mapping[str, int],
        *,
        ttl_ms: int,
        fresh_ms: int,
        request: Request = NO_REQUEST,
        partial: bool = False,
        only_look: bool = False,
        now_ms: int | None = None,
    ) -> Outcome:
        """Hold units of each SKU; `record` comes from `model.holds.encoded`."""
        of = StoreKeys.of(store)
        args: list[Value] = [
            "" if now_ms is None else now_ms,
            store,
            *request,
            int(partial),
            int(only_look),
            fresh_ms,
            ttl_ms,
            record,
        ]
        for sku, quantity in lines.items():
            args += [sku, quantity]
        word, *rest = await self._reserve([*of.of_holds, of.policies], args)
        if word in (b"new", b"same"):
            return Outcome(word.decode(), decoded(rest[0], store))
        return Outcome(word.decode(), None, tuple(plain(item) for item in rest))

    async def transition(
        self,
        store: str,
        id: str,
        action: str,
        *,
        owner: str = "",
        etag: str = "",
        request: Request = NO_REQUEST,
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
        ]
        word, *rest = await self._transition(StoreKeys.of(store).of_holds, args)
        hold = decoded(rest[0], store) if rest else None
        return Outcome(word.decode(), hold, tuple(plain(item) for item in rest[1:]))

    async def read(
        self, store: str, ids: Sequence[str], now_ms: int | None = None
    ) -> list[Hold | None]:
        """Holds of a store by id, as they are by the store's clock; None where there is none."""
        return await self._looked(store, ids, now_ms) if ids else []

    async def of_store(self, store: str, now_ms: int | None = None) -> list[Hold]:
        """All holds of a store that are still kept."""
        return [hold for hold in await self._looked(store, (), now_ms) if hold]

    async def _looked(
        self, store: str, ids: Sequence[str], now_ms: int | None
    ) -> list[Hold | None]:
        args: list[Value] = ["" if now_ms is None else now_ms, *ids]
        now, *raws = await self._look([StoreKeys.of(store).holds], args)
        return [decoded(raw, store).at(now) if raw else None for raw in raws]

    async def sweep(self, store: str, most: int, now_ms: int | None = None) -> int:
        """End the expired holds of a store, at most so many; how many there were."""
        args: list[Value] = ["" if now_ms is None else now_ms, store, most]
        return int(await self._sweep(StoreKeys.of(store).of_holds, args))

    async def due(self, most: int, now_ms: int | None = None) -> list[str]:
        """Stores that have something to sweep, so many of each partition; in one round trip."""
        args: list[Value] = ["" if now_ms is None else now_ms, most]
        calls = [([f"{tag(partition)}:due"], args) for partition in range(PARTITIONS)]
        return [store.decode() for stores in await self._due(calls) for store in stores]

    async def sweep_all(self, most: int = 200, now_ms: int | None = None) -> int:
        """End what is expired in every partition; how many holds there were."""
        count = 0
        while stores := await self.due(100, now_ms):
            for store in stores:
                count += await self.sweep(store, most, now_ms)
        return count


def request_of(caller: str, method: str, key: str, body: bytes) -> Request:
    """What makes a retry known; its scope is (caller, method), and the store by where it lies."""
    if not key:
        return NO_REQUEST
    field = hashlib.blake2b(
        b"\0".join((caller.encode(), method.encode(), key.encode())), digest_size=15
    )
    fingerprint = hashlib.blake2b(body, digest_size=12)
    return Request(text(field.digest()), text(fingerprint.digest()))


def text(data: bytes) -> str:
    """Bytes as letters that names and URLs take."""
    return base64.urlsafe_b64encode(data).decode().rstrip("=")


def plain(value: Any) -> Any:
    """A text for the bytes of an answer."""
    return value.decode() if isinstance(value, bytes) else value
