"""Levels and policies in Redis."""

from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import NamedTuple

import orjson

from services.chassis.database.client import Client, Value, script
from services.chassis.database.failures import FAILURES
from services.stock.model.levels import DEFAULT_POLICY, Level, Policy, Sell, decoded
from services.stock.model.partitions import StoreKeys, partition_of
from services.stock.state.questions import Question, Questions

PACKAGE = "services.stock"
LIBRARY = ["library"]
FEEDS = ["library", "feeds"]


class LevelsUnreachable(Exception):
    """Redis does not answer: every level reads UNKNOWN."""


class StoreLevels(NamedTuple):
    """What was read of one store."""

    policy: Policy
    levels: tuple[Level | None, ...]
    """One for each SKU asked, in their order; None where nothing is known."""


class Levels:
    """Reads and feeds levels."""

    def __init__(self, client: Client) -> None:
        self._client = client
        self._questions = Questions(client, PACKAGE, LIBRARY)
        self._set = script(client, PACKAGE, "set", FEEDS)
        self._adjust = script(client, PACKAGE, "adjust", FEEDS)
        self._replace = script(client, PACKAGE, "replace")
        self._policies: dict[bytes, Policy] = {b"": DEFAULT_POLICY}
        self._sources: dict[int, dict[int, str]] = defaultdict(dict)

    async def read(
        self, stores: Iterable[str], skus: Sequence[str], now_ms: int | None = None
    ) -> dict[str, StoreLevels]:
        """The levels of some products at some stores, in one round trip.

        Raises:
            LevelsUnreachable: Redis does not answer.
        """
        question = Question(list(dict.fromkeys(stores)), skus, now_ms)
        try:
            answers = await self._questions.ask(question) if question.stores else {}
        except FAILURES as error:
            raise LevelsUnreachable from error
        return {
            store: StoreLevels(self._policy(policy), levels_of(skus, raws, back))
            for store, (policy, raws, back) in answers.items()
        }

    async def set(self, store: str, source: str, sequence: int, as_of_s: int, rows: bytes) -> bytes:
        """Apply rows of a snapshot; a letter for each says what became of it (lua/set.lua)."""
        of = StoreKeys.of(store)
        letters: bytes = await self._set(
            [of.levels, of.ledger, of.sources], [store, source, sequence, as_of_s, rows]
        )
        return letters

    async def adjust(
        self, store: str, source: str, sequence: int, as_of_s: int, deltas: Mapping[str, int]
    ) -> tuple[bytes, list[Level]]:
        """Apply one event; a letter for each product says what became of it (lua/adjust.lua)."""
        of = StoreKeys.of(store)
        args: list[Value] = [store, source, sequence, as_of_s]
        for sku, delta in deltas.items():
            args += [sku, delta]
        letters, *raws = await self._adjust([of.levels, of.ledger, of.sources], args)
        return letters, [decoded(raw) for raw in raws]

    async def source_name(self, store: str, number: int) -> str:
        """The name of a source by its number in the store's partition; empty when there is none."""
        known = self._sources[partition_of(store)]
        if number and number not in known:
            names = await self._client.hgetall(StoreKeys.of(store).sources)
            known.update({int(value): name.decode() for name, value in names.items()})
        return known.get(number, "")

    async def policy(self, store: str) -> Policy:
        """How a store sells."""
        raw = await self._client.hget(StoreKeys.of(store).policies, store)
        return self._policy(raw or b"")

    async def change_policy(self, store: str, change: Callable[[Policy], Policy]) -> Policy:
        """Change how a store sells; what another changes meanwhile is kept."""
        key = StoreKeys.of(store).policies
        while True:
            before = await self._client.hget(key, store) or b""
            policy = change(self._policy(before))
            if await self._replace([key], [store, before, policy_json(policy)]):
                return policy

    async def partitions(self, count: int) -> int:
        """How many partitions this data set has; a new one gets `count`."""
        await self._client.set("{stock}:partitions", count, nx=True)
        return int(await self._client.get("{stock}:partitions"))

    def _policy(self, raw: bytes) -> Policy:
        policy = self._policies.get(raw)
        if policy is None:
            if len(self._policies) > 10_000:
                self._policies.clear()
            policy = self._policies[raw] = policy_of(raw)
        return policy


def levels_of(
    skus: Sequence[str], raws: Sequence[bytes | None], back: Sequence[bytes | int]
) -> tuple[Level | None, ...]:
    """The levels of an answer, with what expired holds still seem to hold given back."""
    if not back:
        return tuple([decoded(raw) if raw else None for raw in raws])
    units: dict[str, int] = defaultdict(int)
    for sku, quantity in zip(back[::2], back[1::2], strict=True):
        assert isinstance(sku, bytes)
        units[sku.decode()] += int(quantity)
    return tuple(
        decoded(raw, units[sku]) if raw else None for sku, raw in zip(skus, raws, strict=True)
    )


def policy_json(policy: Policy) -> bytes:
    """A policy as Lua and `policy_of` read it."""
    record = {
        "sell": int(policy.sell),
        "min": policy.least,
        "max": policy.most,
        "few": policy.limited_up_to,
        "bands": policy.bands_only,
        "fresh_ms": policy.fresh_ms,
        "methods": list(policy.methods),
        "prep_s": policy.preparation_s,
        "cutoff": policy.cutoff_minute,
        "transfer_s": policy.transfer_s,
        "keep_s": policy.keep_s,
    }
    # Lua takes JSON's null for a value.
    return orjson.dumps({name: value for name, value in record.items() if value is not None})


def policy_of(raw: bytes) -> Policy:
    """The policy in its JSON."""
    record = orjson.loads(raw)
    return Policy(
        Sell(record["sell"]),
        record["min"],
        record["max"],
        record["few"],
        record["bands"],
        record.get("fresh_ms"),
        tuple(record["methods"]),
        record["prep_s"],
        record.get("cutoff"),
        record.get("transfer_s"),
        record["keep_s"],
    )
