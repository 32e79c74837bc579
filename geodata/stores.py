"""The store record that importers produce, independent of any wire format or database."""

import datetime as dt
import enum
import re
from collections.abc import Mapping
from dataclasses import dataclass, field

from geodata.points import Point
from geodata.roads.modes import Mode

STORE_ID = re.compile(r"[a-z0-9][a-z0-9._~-]*")
"""Pattern of a store id, made as `<source>-<id>`; `external_ids` keeps the original id."""


class StoreStatus(enum.Enum):
    """The trading status of a store, independent of its opening hours."""

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
    """Street and house number in the local order, then any other lines of the label."""
    sublocality: str = ""
    sorting_code: str = ""
    organization: str = ""
    recipients: tuple[str, ...] = ()
    language_code: str = ""
    """BCP 47 tag of the language in which the address is written."""


@dataclass(frozen=True, slots=True, kw_only=True)
class TravelArea:
    """The points that can be reached from a store by road within a time."""

    mode: Mode
    max_travel_time_s: float


@dataclass(frozen=True, slots=True, kw_only=True)
class ServiceArea:
    """The area a store delivers to: the union of its parts; empty means no delivery."""

    postal_codes: tuple[str, ...] = ()
    radius_m: float | None = None
    polygons: tuple[tuple[tuple[Point, ...], ...], ...] = ()
    """Each polygon is an outer ring followed by its holes; rings are closed implicitly."""
    travel_area: TravelArea | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Store:
    """A shop or another place where a retailer serves customers."""

    id: str
    display_name: str
    brand: str = ""
    location: Point | None = None
    """None is allowed (hours and address are still useful), but matches no search by distance."""
    entrance: Point | None = None
    address: Address = field(default_factory=Address)
    phones: tuple[str, ...] = ()
    urls: tuple[str, ...] = ()
    status: StoreStatus = StoreStatus.OPEN
    opening_date: dt.date | None = None
    """The first trading day of a store with status FUTURE_OPENING."""
    closing_date: dt.date | None = None
    """The last trading day."""
    moved_to: str = ""
    """Resource name (`stores/{id}`) of the store that replaces a moved store."""
    attributes: tuple[str, ...] = ()
    """Namespaced ids such as `dev.ucp.amenity.parking`, sorted and distinct."""
    service_area: ServiceArea = field(default_factory=ServiceArea)
    external_ids: Mapping[str, str] = field(default_factory=dict)
    """Ids by scheme: `gln`, `osm`, `place_id`, or the name of an import source."""
    time_zone: str = ""
    """IANA name; if empty, the stores service finds it from the location."""
    opening_hours: str = ""
    """As the source gave it."""
    opening_hours_expression: str = ""
    """The hours that an importer read, in OSM grammar; empty if the text alone says the same."""
    localized_names: Mapping[str, str] = field(default_factory=dict)
    """`display_name` in other languages, by BCP 47 tag."""
    description: str = ""
    localized_descriptions: Mapping[str, str] = field(default_factory=dict)
    """`description` in other languages, by BCP 47 tag."""
    images: tuple[str, ...] = ()
    """Web addresses, the main picture first."""
    payment_methods: tuple[str, ...] = ()
    """OpenStreetMap's names, such as `cash` and `visa`, sorted and distinct."""
    private: bool = False
    """Hidden from public answers: a dark kitchen or a hub."""
