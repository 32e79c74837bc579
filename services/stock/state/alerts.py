"""Stock alerts with their owner, and their wishes beside the levels of their stores."""

from collections.abc import AsyncIterator, Mapping

from services.chassis.database.client import Client, Value, many_script, script
from services.chassis.errors import QuotaExceeded
from services.stock.model.alerts import Alert, alert_json, alert_of
from services.stock.model.partitions import partition_of, tag
from services.stock.state import LIBRARY, PACKAGE, WISHES

MOVED_AT_ONCE = 1000
"""Deliveries of an older version that one run of lua/moved.lua moves."""


class Alerts:
    """Keeps alerts, and changes them as they fire. `now_ms` is for tests."""

    def __init__(self, client: Client, *, most: int = 0) -> None:
        """`most` is the number of alerts that an owner may have; 0: no limit."""
        self._client = client
        self._most = most
        self._keep = script(client, PACKAGE, "alert")
        self._wish = many_script(client, PACKAGE, "wish", WISHES)
        self._claim = script(client, PACKAGE, "claim", LIBRARY)
        self._moved = script(client, PACKAGE, "moved")

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
        if kept.waits_as(alert) and kept.fire_ms is None:
            await self.wish(owner, alert)
        return kept

    async def wish(self, owner: str, alert: Alert) -> None:
        """Keep the wishes of an alert at its stores, and have their levels matched."""
        calls = []
        for store in alert.stores:
            head = tag(partition_of(store))
            others = [f"{head}:{name}" for name in ("wished", "look", "wake", "ending")]
            ending = f"{owner} {alert.id}" if store == alert.stores[0] else ""
            for sku, wish in wishes_of(owner, alert).items():
                wanted: list[Value] = ["", f"{store} {sku}", wish, alert.expire_ms, ending]
                calls.append(([wishes_key(store, sku), *others], wanted))
                if alert.lines:
                    break  # lua/basket.lua has it wait at the first that is short
        await self._wish(calls)

    async def get(self, owner: str, id: str) -> Alert | None:
        """An alert of an owner."""
        raw = await self._client.hget(alerts_key(owner), id)
        return None if raw is None else alert_of(id, raw)

    async def all(self, owner: str) -> list[Alert]:
        """The alerts of an owner, by id."""
        found = await self._client.hgetall(alerts_key(owner))
        return [alert_of(id.decode(), raw) for id, raw in sorted(found.items())]

    async def settle(
        self,
        owner: str,
        id: str,
        action: str,
        claim: str = "",
        found: bytes = b"",
        now_ms: int | None = None,
    ) -> tuple[str, Alert | None]:
        """Fire an alert, or change what is known of it, as lua/claim.lua says."""
        args: list[Value] = ["" if now_ms is None else now_ms, id, action, claim, found]
        word, *raw = await self._claim([alerts_key(owner)], args)
        return word.decode(), alert_of(id, raw[0]) if raw else None

    async def forget(self, before_ms: int) -> int:
        """Delete the alerts that fired or expired before a moment; answers how many."""
        count = 0
        async for owner in self._owners("alerts"):
            for alert in await self.all(owner):
                if alert.end_ms < before_ms:
                    count += await self.delete(owner, alert.id)
        return count

    async def move_deliveries(self) -> int:
        """Move the deliveries of an older version to their alerts; answers how many there were."""
        count = 0
        async for owner in self._owners("deliveries"):
            keys = [f"{{a:{owner}}}:deliveries", alerts_key(owner)]
            while moved := int(await self._moved(keys, [MOVED_AT_ONCE])):
                count += moved
        return count

    async def delete(self, owner: str, id: str) -> bool:
        """Delete an alert and its wishes; answers whether there was one.

        A wish that is left behind fires nothing, and goes when the alert would have expired.
        """
        if alert := await self.get(owner, id):
            pipeline = self._client.pipeline(transaction=False)
            for store in alert.stores:
                for sku, wish in wishes_of(owner, alert).items():
                    pipeline.zrem(wishes_key(store, sku), wish)
            ending = f"{tag(partition_of(alert.stores[0]))}:ending"
            pipeline.zrem(ending, f"{owner} {id}")
            await pipeline.execute()
        return bool(await self._client.hdel(alerts_key(owner), id))

    async def _owners(self, name: str) -> AsyncIterator[str]:
        async for key in self._client.scan_iter(f"{{a:*}}:{name}", count=1000):
            yield key.decode().removeprefix("{a:").removesuffix(f"}}:{name}")


def wishes_of(owner: str, alert: Alert) -> Mapping[str, str]:
    """SKU -> the wish of an alert that may wait there, as lua/match.lua has it."""
    # In the order of `skus`: Lua keeps none in `lines`, and a wish must always be the same.
    lines = "".join(f"{sku}:{alert.lines[sku]};" for sku in alert.skus if alert.lines)
    return dict.fromkeys(alert.skus, f"{owner} {alert.id} {lines or alert.units}")


def alerts_key(owner: str) -> str:
    """The key of an owner's alerts."""
    return f"{{a:{owner}}}:alerts"


def wishes_key(store: str, sku: str) -> str:
    """The key of the wishes for a product at a store."""
    return f"{tag(partition_of(store))}:wishes:{store}:{sku}"
