"""Stock alerts, and their deliveries once they fired."""

from typing import NamedTuple

import orjson


class Alert(NamedTuple):
    """A wish to be told once when stock comes."""

    id: str
    skus: tuple[str, ...]
    stores: tuple[str, ...]
    units: int
    """Units that must be available."""
    expire_ms: int
    fire_ms: int | None = None
    """When it fired; None while it waits."""

    @property
    def end_ms(self) -> int:
        """When it fired, or else when it expires."""
        return self.expire_ms if self.fire_ms is None else min(self.fire_ms, self.expire_ms)

    def waits_as(self, other: "Alert") -> bool:
        """True if it is for the same units of the same products at the same stores."""
        return (self.skus, self.stores, self.units) == (other.skus, other.stores, other.units)


class Delivery(NamedTuple):
    """An alert that fired, as an entry of its owner's stream."""

    id: str
    """The id of the entry."""
    alert: str
    store: str
    sku: str
    available: int


def alert_json(alert: Alert) -> bytes:
    """An alert as `lua/claim.lua` and `alert_of` read it."""
    return orjson.dumps(
        {
            "skus": alert.skus,
            "stores": alert.stores,
            "units": alert.units,
            "expire": alert.expire_ms,
        }
    )


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
