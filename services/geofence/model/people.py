"""What is kept of a registered device beyond its position: reference, labels, products, counts.

A record is the version of the hash key under which it stands (one byte), then JSON.
"""

import dataclasses
from collections.abc import Iterable

import orjson

from services.directory.known import Known, known_of
from services.geofence.model.caps import Marks

KEPT_MS = 90 * 86_400_000
"""Life of a record whose call names none; life of a product that was looked at."""
PRODUCTS_MOST = 50


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Person:
    """A person with consent, known by a device. Times are in ms by the server's clock."""

    subject: str
    """The subject of the device's events, also when its position is forgotten."""
    owner: str
    """The caller that registered the device: `Caller.owner`."""
    key: int
    """The version of the hash key under which its record stands."""
    expire_ms: int
    update_ms: int
    reference: str = ""
    labels: tuple[tuple[str, str], ...] = ()
    products: tuple[tuple[str, int], ...] = ()
    """SKU and when it was looked at, latest first."""
    counts: Marks = ()
    """Messages of rules (see `model.caps`)."""

    def is_expired(self, now_ms: int) -> bool:
        """True if it may no longer be kept."""
        return self.expire_ms <= now_ms

    def viewed(self, now_ms: int) -> tuple[tuple[str, int], ...]:
        """The products looked at that are not too old."""
        return tuple((sku, at) for sku, at in self.products if at + KEPT_MS > now_ms)


def with_products(person: Person, viewed: Iterable[tuple[str, int]], now_ms: int) -> Person:
    """The person after more products were looked at, each kept once and at its latest time."""
    latest: dict[str, int] = dict(reversed(person.products))
    for sku, at_ms in viewed:
        latest[sku] = max(at_ms, latest.get(sku, 0))
    newest = sorted(latest.items(), key=lambda pair: (-pair[1], pair[0]))[:PRODUCTS_MOST]
    person = dataclasses.replace(person, products=tuple(newest))
    return dataclasses.replace(person, products=person.viewed(now_ms))


def pack(person: Person) -> bytes:
    """The record of a person."""
    parts = {
        "s": person.subject,
        "o": person.owner,
        "x": person.expire_ms,
        "u": person.update_ms,
        "p": person.products,
        "n": person.counts,
        "e": known_text(person),
    }
    return person.key.to_bytes(1) + orjson.dumps(parts)


def unpack(record: bytes) -> Person:
    """The person of a record.

    Raises:
        ValueError: the record is damaged.
    """
    try:
        parts = orjson.loads(record[1:])
        known = known_of(parts["e"])
        return Person(
            subject=parts["s"],
            owner=parts["o"],
            key=record[0],
            expire_ms=parts["x"],
            update_ms=parts["u"],
            reference=known.reference,
            labels=tuple(known.labels.items()),
            products=tuple((sku, at_ms) for sku, at_ms in parts["p"]),
            counts=tuple((about, at_ms, count) for about, at_ms, count in parts["n"]),
        )
    except (AttributeError, IndexError, KeyError, TypeError, ValueError) as error:
        raise ValueError("the record of a person is damaged") from error


def known_text(person: Person) -> str:
    """What deliveries add to the person's events."""
    skus = tuple(sku for sku, _ in person.products)
    return Known(person.reference, dict(person.labels), skus).text
