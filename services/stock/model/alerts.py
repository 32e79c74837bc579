"""Stock alerts, in JSON that Lua reads too; lua/claim.lua explains its short names."""

from collections.abc import Mapping
from typing import Any, NamedTuple

import orjson


class HoldWish(NamedTuple):
    """A hold that is to be made when an alert fires."""

    method: int
    ttl_ms: int = 0
    """0: as long as a hold without a given life."""


class Found(NamedTuple):
    """What an alert found when it fired."""

    store: str
    units: Mapping[str, int]
    """SKU -> available units; with bands alone, as many as were wanted."""
    hold: str = ""
    """The id of the hold that was made."""
    refusal: str = ""
    """The reason why none was made although one was asked for."""

    @property
    def text(self) -> bytes:
        """What was found as JSON."""
        kept = {"h": self.hold, "x": self.refusal}
        parts = {name: part for name, part in kept.items() if part}
        return orjson.dumps({"s": self.store, "l": self.units, **parts})


class Alert(NamedTuple):
    """A wish to be told once when stock comes."""

    id: str
    skus: tuple[str, ...]
    stores: tuple[str, ...]
    units: int
    """Units of any of the products that must be available."""
    expire_ms: int
    fire_ms: int | None = None
    """When it fired; None while it waits."""
    lines: Mapping[str, int] = {}
    """SKU -> units, all of which must be available at one store; empty: any of `skus`."""
    caller: str = ""
    """The id of the caller; empty for alerts of an older version, which make no holds."""
    shopper: str = ""
    hold: HoldWish | None = None
    found: Found | None = None

    @property
    def end_ms(self) -> int:
        """When it fired, or else when it expires."""
        return self.expire_ms if self.fire_ms is None else min(self.fire_ms, self.expire_ms)

    def wanted_of(self, sku: str) -> Mapping[str, int]:
        """The lines that it waits for when a product has come."""
        return self.lines or {sku: self.units}

    def waits_as(self, other: "Alert") -> bool:
        """True if it is for the same person, goods, stores and hold."""
        return self._wish == other._wish

    @property
    def _wish(self) -> tuple[object, ...]:
        return (
            self.skus,
            self.stores,
            self.units,
            dict(self.lines),
            self.shopper,
            self.hold,
        )


class Claim(NamedTuple):
    """Goods that were found for an alert, until it is told of them."""

    key: str
    """The hash of claims."""
    field: str
    value: bytes
    """With a space at its end it is barred: nobody makes a hold of it."""
    owner: str
    alert: str
    sku: str
    """The product whose level was matched."""
    at_ms: int
    wanted: Mapping[str, int]
    """SKU -> units."""
    found: Found

    @property
    def id(self) -> str:
        """Identifies it among the claims of its alert."""
        return f"{self.found.store} {self.sku} {self.at_ms}"

    @property
    def barred(self) -> "Claim":
        """The claim of which nobody makes a hold."""
        return self._replace(value=self.value.rstrip() + b" ")


def claim_of(key: str, field: bytes, value: bytes) -> Claim:
    """The claim in a field of `fires` (lua/match.lua), or of `claims` of an older version."""
    store, sku, owner, alert, number = field.decode().split(" ")
    is_old = key.endswith(":claims")
    lines: list[tuple[str, int, int]] = (
        [(sku, int(number), int(value))] if is_old else orjson.loads(value)
    )
    return Claim(
        key,
        field.decode(),
        value,
        owner,
        alert,
        sku,
        0 if is_old else int(number),
        {name: wanted for name, wanted, _ in lines},
        Found(store, {name: available for name, _, available in lines}),
    )


def alert_json(alert: Alert) -> bytes:
    """A new alert as `lua/claim.lua` and `alert_of` read it."""
    record: dict[str, Any] = {
        "skus": alert.skus,
        "stores": alert.stores,
        "units": alert.units,
        "expire": alert.expire_ms,
    }
    parts = {"l": alert.lines, "own": alert.caller, "who": alert.shopper}
    record |= {name: part for name, part in parts.items() if part}
    if alert.hold:
        record["hold"] = {"ttl": alert.hold.ttl_ms, "m": alert.hold.method}
    return orjson.dumps(record)


def alert_of(id: str, raw: bytes) -> Alert:
    """The alert in its JSON."""
    record = orjson.loads(raw)
    found, hold = record.get("found"), record.get("hold")
    return Alert(
        id,
        tuple(record["skus"]),
        tuple(record["stores"]),
        record["units"],
        record["expire"],
        record.get("fired"),
        record.get("l", {}),
        record.get("own", ""),
        record.get("who", ""),
        HoldWish(hold["m"], hold["ttl"]) if hold else None,
        found and Found(found["s"], found["l"], found.get("h", ""), found.get("x", "")),
    )
