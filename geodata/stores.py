"""What a store is, before any wire or database: the record that importers make."""

import datetime as dt
import enum
import re
from collections.abc import Mapping
from dataclasses import dataclass, field

from geodata.points import Point

STORE_ID = re.compile(r"[a-z0-9][a-z0-9._~-]*")
"""A store id, made as `<source>-<id>`; the original id stays in `external_ids`."""


class StoreStatus(enum.Enum):
    """Whether a store trades at all; its hours say when."""

    OPEN = "open"
    FUTURE_OPENING = "future_opening"
    TEMPORARILY_CLOSED = "temporarily_closed"
    CLOSED_FOR_GOOD = "closed_for_good"
    MOVED = "moved"


@dataclass(frozen=True, slots=True, kw_only=True)
class Address:
    """A postal address with the field names of `google.type.PostalAddress`."""

    region_code: str = ""
    """ISO 3166-1 alpha-2 in capitals, for example `FI`."""
    postal_code: str = ""
    administrative_area: str = ""
    """State, province or département."""
    locality: str = ""
    """City or town."""
    lines: tuple[str, ...] = ()
    """Street and house number in the local order, then what else the label carries."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ServiceArea:
    """Where a store delivers: the union of its parts; empty serves nobody."""

    postal_codes: tuple[str, ...] = ()
    radius_m: float | None = None
    polygons: tuple[tuple[tuple[Point, ...], ...], ...] = ()
    """Each polygon is an outer ring, then its holes; rings are closed implicitly."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Store:
    """A place where a retailer meets people."""

    id: str
    display_name: str
    brand: str = ""
    location: Point | None = None
    """None is kept (hours and address still help) but matches no search by distance."""
    entrance: Point | None = None
    address: Address = field(default_factory=Address)
    phones: tuple[str, ...] = ()
    urls: tuple[str, ...] = ()
    status: StoreStatus = StoreStatus.OPEN
    opening_date: dt.date | None = None
    """When a future opening opens."""
    moved_to: str = ""
    """Resource name (`stores/{id}`) of the store that took over, if it moved."""
    attributes: tuple[str, ...] = ()
    """Namespaced ids such as `dev.ucp.amenity.parking`, sorted, each once."""
    service_area: ServiceArea = field(default_factory=ServiceArea)
    external_ids: Mapping[str, str] = field(default_factory=dict)
    """By scheme: `gln`, `osm`, `place_id`, or an import source's own name."""
    time_zone: str = ""
    """IANA name; empty lets the stores service find it from the location."""
    opening_hours: str = ""
    """As the source gave it; OSM grammar where it parses."""
    private: bool = False
    """Dark kitchens and hubs: never in a public answer."""
