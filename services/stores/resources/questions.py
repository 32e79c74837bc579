"""Understands the text of one search field, whole or being typed."""

from collections.abc import Sequence
from functools import cache, partial

import h3
import numpy as np
from numpy.typing import NDArray

from enrayon.stores.v1 import stores_pb2
from geodata.distance import distance_m
from geodata.gazetteer import Gazetteer
from geodata.points import Point
from geodata.questions import PlaceFound, Understood, kinds_beginning, understand
from geodata.steps import Steps
from geodata.words import folded
from services.chassis.errors import InvalidArgument
from services.directory.filters import EVERYTHING
from services.directory.keys import parse_store
from services.directory.stores import StoresReplica
from services.directory.text import MOST_NAMED, TextIndex
from services.stores.convert.stores import kind_message, place_message
from services.stores.model.matches import Suggested, Total
from services.stores.resources.search import PUBLIC, among, ids_with_words, text_page

AROUND_M = 100_000.0
"""A place is far if no store is within this distance."""
CELLS = 3
"""Resolution of the H3 cells, about 110 km wide, that say where there are stores at all."""
LARGE = 100_000
"""Inhabitants of a city that is meant although a store has a word of its name."""
PLACES_MOST = 50
"""Places of one name that are looked at: the likeliest."""
TOGETHER_M = 1000.0
"""Stores with the same words within this distance are one place: a department store's parts."""
KIND_STORE = "store"

Read = Understood[stores_pb2.Place]


def parse(
    replica: StoresReplica, gazetteer: Gazetteer, query: str, near: Point | None, language: str
) -> Steps[stores_pb2.ParseQueryResponse]:
    """What a text asks for; `language` is that of names of countries."""
    column = yield from replica.cells(CELLS)
    rows = yield from replica.admitted_rows(EVERYTHING, np.arange(len(column)))
    cells: NDArray[np.uint64] = yield partial(np.unique, column[rows])
    shops = ShopNames(replica, replica.texts(), near)
    places = PlaceNames(gazetteer, frozenset(map(h3.int_to_str, cells.tolist())), near, language)
    found: Read = yield partial(understand, query, cache(places), shops)
    if near is not None and found.place is not None and found.place.place_type == KIND_STORE:
        found.place = yield from nearest_store(replica, found.place.display_name, near)
        if found.place is None:
            found.rest, found.place_text = f"{found.rest} {found.place_text}".strip(), ""
    response = stores_pb2.ParseQueryResponse(
        shop=found.shop,
        kinds=map(kind_message, found.kinds),
        place=found.place,
        place_text=found.place_text,
        open_now=found.is_open_now,
        near_me=found.is_near_me,
        rest=found.rest,
    )
    if found.place is not None:
        location = found.place.location
        response.place_is_far = not has_stores_around(
            replica, Point(location.latitude, location.longitude)
        )
    return response


def nearest_store(
    replica: StoresReplica, words: str, near: Point
) -> Steps[stores_pb2.Place | None]:
    """The nearest of all stores with these words in name or brand, as a place.

    Of those within `TOGETHER_M` of it, one that has no other words is preferred. None if the
    stores were deleted meanwhile.
    """
    ids = yield from ids_with_words(replica, words)
    # From here on nothing yields: rows do not change.
    hits = replica.nearest(near, MOST_NAMED, PUBLIC, also=among(replica, ids))
    if not hits:
        return None
    stores = [parse_store(replica.encoded(id)) for id, _ in hits]
    first = located_at(stores[0])
    together = [store for store in stores if distance_m(first, located_at(store)) <= TOGETHER_M]
    return store_place(called(together, folded(words)))


def called(stores: Sequence[stores_pb2.Store], words: Sequence[str]) -> stores_pb2.Store:
    """The first store whose name has no other words, else the first store."""
    exact = (store for store in stores if folded(store.display_name) == [*words])
    return next(exact, stores[0])


def located_at(store: stores_pb2.Store) -> Point:
    """The position of a store that has one."""
    return Point(store.location.latitude, store.location.longitude)


def store_place(store: stores_pb2.Store) -> stores_pb2.Place:
    """A store as a place."""
    return stores_pb2.Place(
        display_name=store.display_name,
        description=store.address.locality,
        location=store.location,
        place_type=KIND_STORE,
    )


def has_stores_around(replica: StoresReplica, point: Point) -> bool:
    """True if a store is within `AROUND_M`."""
    return bool(replica.nearest(point, 1, EVERYTHING, radius_m=AROUND_M))


def suggest(
    replica: StoresReplica, gazetteer: Gazetteer, query: str, limit: int, near: Point | None
) -> Steps[Suggested]:
    """Places with stores, kinds and stores whose names begin with a text, the best of each first.

    Raises:
        InvalidArgument: the text cannot be a place.
    """
    try:
        named = gazetteer.suggest(query, PLACES_MOST, near=near)
    except ValueError as error:
        raise InvalidArgument.field("query", str(error)) from None
    places = []
    for place in named:
        if has_stores_around(replica, place.point):
            places.append(place)
        yield None
    found = yield from text_page(replica, query, PUBLIC, None, None, limit, Total(0))
    far = [place for place in places if near and distance_m(near, place.point) > AROUND_M]
    return Suggested(
        near=[place for place in places if place not in far],
        kinds=kinds_beginning(query),
        ids=[match.id for match in found.matches],
        far=far,
    )


class PlaceNames:
    """The places of the gazetteer, those with stores around them first."""

    def __init__(
        self, gazetteer: Gazetteer, cells: frozenset[str], near: Point | None, language: str
    ) -> None:
        self._language = language
        self._gazetteer = gazetteer
        self._cells = cells
        self._near = near

    def __call__(self, text: str) -> PlaceFound[stores_pb2.Place] | None:
        """The likeliest place of a name; None if no place has it."""
        places = self._gazetteer.whole(text, near=self._near)[:PLACES_MOST]
        for place in places:
            if self._has_stores(place.point):
                return PlaceFound(place_message(place, self._language), True)
        if not places:
            return None
        first = places[0]
        return PlaceFound(place_message(first, self._language), False, first.population >= LARGE)

    def _has_stores(self, point: Point) -> bool:
        cell = h3.latlng_to_cell(point.latitude, point.longitude, CELLS)
        return not self._cells.isdisjoint(h3.grid_disk(cell, 1))


class ShopNames:
    """The names and brands of public stores. Its methods run in the thread of the text index."""

    def __init__(
        self, replica: StoresReplica, texts: TextIndex[stores_pb2.Store], near: Point | None
    ) -> None:
        self._replica = replica
        self._texts = texts
        self._near = near

    def have(self, words: Sequence[str]) -> bool:
        """True if one store has all of the words, each as a whole, in its name or brand."""
        return self._has_public(self._texts.named(words))

    def are_called(self, words: Sequence[str]) -> bool:
        """True if the words are the whole name or brand of a store."""
        wanted = [*words]
        return any(
            wanted in (folded(store.display_name), folded(store.brand))
            for store in self._stores(self._texts.named(words))
        )

    def begin(self, word: str) -> bool:
        """True if a word of a name or brand begins with a word."""
        return self._has_public(self._texts.named([word], begins=True))

    def spelled(self, word: str) -> str:
        """The word of a name or brand that a word with a slip means; empty if there is none."""
        near = [term for term in self._texts.slips(word) if self.have([term])]
        return near[0] if len(near) == 1 else ""

    def place(self, words: Sequence[str]) -> PlaceFound[stores_pb2.Place] | None:
        """The position of the store with these words in its name.

        With `near`, it is a place of `KIND_STORE` without a position, whose name are the words;
        `nearest_store` finds the store. Without, stores far from each other are no place.
        """
        ids = self._texts.named(words)
        located = [store for store in self._stores(ids) if store.HasField("location")]
        if not located:
            return None
        if self._near is not None:
            wanted = stores_pb2.Place(display_name=" ".join(words), place_type=KIND_STORE)
            return PlaceFound(wanted, True)
        if len(ids) == MOST_NAMED or any(
            distance_m(located_at(store), located_at(located[0])) > TOGETHER_M for store in located
        ):
            return None
        return PlaceFound(store_place(called(located, words)), True)

    def _stores(self, ids: Sequence[str]) -> list[stores_pb2.Store]:
        public = map(self._replica.public, ids)
        return [parse_store(encoded) for encoded in public if encoded is not None]

    def _has_public(self, ids: Sequence[str]) -> bool:
        return any(self._replica.public(id) is not None for id in ids)
