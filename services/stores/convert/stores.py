"""Converts stores, matches, places and counts to messages of the contract."""

from functools import lru_cache

from babel import Locale, UnknownLocaleError
from google.protobuf.field_mask_pb2 import FieldMask

from enrayon.stores.v1 import stores_pb2
from geodata.gazetteer import Place
from geodata.questions import Kind
from services.chassis.messages.masks import read, selects_all
from services.directory.journeys import duration_of
from services.directory.keys import parse_store
from services.directory.origins import ResolvedOrigin
from services.directory.stores import StoresReplica
from services.stores.model.matches import Cell, Match, Suggested

SUGGESTED_FIELDS = FieldMask(paths=["name", "display_name", "brand", "address", "location"])
"""The fields of a suggested store."""
KINDS_MOST = 2
"""Kinds that are suggested at once."""


def read_store(encoded: bytes, mask: FieldMask) -> stores_pb2.Store:
    """Decode a store, with the fields of a read mask."""
    store = parse_store(encoded)
    if selects_all(mask):
        return store
    selected = read(mask, store)
    assert isinstance(selected, stores_pb2.Store)
    return selected


def origin_fields(origin: ResolvedOrigin) -> stores_pb2.FindNearestStoresResponse:
    """The fields of an answer about the origin of its search."""
    return stores_pb2.FindNearestStoresResponse(
        origin_uncertainty_m=origin.uncertainty_m,
        origin_place=place_message(origin.place) if origin.place else None,
    )


def place_message(place: Place, language: str = "") -> stores_pb2.Place:
    """A place of the gazetteer; `language` is that of the name of its country."""
    country = country_name(place.country, language)
    region = ", ".join(part for part in (place.admin_name, country) if part)
    return stores_pb2.Place(
        display_name=place.name,
        description=region,
        location={"latitude": place.point.latitude, "longitude": place.point.longitude},
        place_type=place.kind.name.lower(),
    )


@lru_cache(maxsize=1000)
def country_name(code: str, language: str) -> str:
    """A country in a language (BCP 47), in English where CLDR does not have it."""
    try:
        names = Locale.parse(language or "en", sep="-").territories
    except (UnknownLocaleError, ValueError):
        names = Locale.parse("en").territories
    return str(names.get(code, code))


def stored(replica: StoresReplica, id: str, mask: FieldMask) -> stores_pb2.Store:
    """A store of the replica, with the fields of a read mask."""
    return read_store(replica.encoded(id), mask)


def match_message(encoded: bytes, match: Match, mask: FieldMask) -> stores_pb2.StoreMatch:
    """A store that matches a search."""
    return stores_pb2.StoreMatch(
        store=read_store(encoded, mask),
        distance_m=match.distance_m,
        route_position_m=match.route_position_m,
        detour_m=match.detour_m,
        detour_time=duration_of(match.detour.seconds) if match.detour else None,
        detour_is_estimate=match.detour is not None and match.detour.is_estimate,
    )


def cell_count(cell: Cell) -> stores_pb2.CellCount:
    """A cell with the number of its stores."""
    return stores_pb2.CellCount(
        h3_cell=cell.h3_cell,
        centroid={"latitude": cell.latitude, "longitude": cell.longitude},
        count=cell.stores,
    )


def suggestions(
    replica: StoresReplica, found: Suggested, limit: int, language: str
) -> stores_pb2.SuggestPlacesResponse:
    """Near places, kinds, stores, far places; half of the limit are stores if there are enough."""
    kinds = found.kinds[:KINDS_MOST]
    others = len(found.near) + len(kinds) + len(found.far)
    store_count = min(len(found.ids), max(limit // 2, limit - others))
    left = limit - store_count - len(kinds)
    near = found.near[: max(0, left)]
    response = stores_pb2.SuggestPlacesResponse()
    for place in near:
        response.suggestions.add(place=place_message(place, language))
    for kind in kinds:
        response.suggestions.add(store_kind=kind_message(kind))
    for id in found.ids[:store_count]:
        response.suggestions.add(store=stored(replica, id, SUGGESTED_FIELDS))
    for place in found.far[: max(0, left - len(near))]:
        response.suggestions.add(place=place_message(place, language))
    del response.suggestions[limit:]
    return response


def kind_message(kind: Kind) -> stores_pb2.QueryKind:
    """A kind of stores."""
    return stores_pb2.QueryKind(kind=kind.id, attributes=kind.attributes)
