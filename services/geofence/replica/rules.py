"""The replica of rules: all of them in memory, by what they are for."""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass

from enrayon.geofence.v1 import geofence_pb2 as pb
from services.directory.filters import fold
from services.directory.keys import store_id
from services.directory.replicas import Change, Records
from services.geofence.convert.names import fence_id
from services.geofence.convert.people import PRODUCTS
from services.geofence.model.people import Person

TYPES = frozenset((pb.EVENT_TYPE_ENTER,))
"""The types of the events of a rule that names none."""


@dataclass(frozen=True)
class CompiledRule:
    """A rule with what deciding needs of it."""

    id: str
    message: pb.Rule
    types: frozenset[int]
    labels: Mapping[str, str]
    skus: frozenset[str]
    """Any of which a person of its audience has looked at."""
    goods: frozenset[str]
    """Any of which a store must have."""

    def is_for(self, person: Person, now_ms: int) -> bool:
        """True if a person is in its audience."""
        if not self.labels.items() <= dict(person.labels).items():
            return False
        viewed = {sku for sku, _ in person.viewed(now_ms)}
        if self.skus and self.skus.isdisjoint(viewed):
            return False
        if self.message.HasField("stock") and not self.wanted(person, now_ms):
            return False
        return bool(viewed) or not self.message.audience.viewed_any_product

    def wanted(self, person: Person, now_ms: int) -> frozenset[str]:
        """The SKUs any of which the store must have for a person."""
        if not self.message.stock.viewed_products:
            return self.goods
        viewed = frozenset(sku for sku, _ in person.viewed(now_ms))
        return self.goods | (viewed & self.skus if self.skus else viewed)


def compiled(id: str, message: pb.Rule) -> CompiledRule:
    """A rule with what deciding needs of it."""
    audience = message.audience
    return CompiledRule(
        id,
        message,
        frozenset(message.event_types) or TYPES,
        dict(audience.labels),
        skus_of(audience.viewed_products),
        skus_of(message.stock.products),
    )


def skus_of(products: Iterable[str]) -> frozenset[str]:
    """The SKUs of names of products."""
    return frozenset(name.removeprefix(PRODUCTS) for name in products)


class RulesReplica(Records):
    """The rules in memory, by id and by their fences, stores and brands."""

    def __init__(self, records: Iterable[tuple[str, bytes]] = ()) -> None:
        super().__init__()
        self.by_id: dict[str, CompiledRule] = {}
        self._by_place: defaultdict[tuple[str, str], set[str]] = defaultdict(set)
        self._by_labels: set[str] = set()
        for id, encoded in records:
            self.apply(id, encoded)

    def of(
        self, fence: str, labels: Mapping[str, str], store: str, brand: str
    ) -> Iterator[CompiledRule]:
        """The rules for events of a fence, by id.

        Args:
            fence: Its id.
            labels: Of the fence.
            store: The id of the store that the event is about, or empty.
            brand: Of the store, or empty.
        """
        found = set(self._by_place.get(("fence", fence), ()))
        if store:
            found |= self._by_place.get(("store", store), set())
        if brand:
            found |= self._by_place.get(("brand", fold(brand)), set())
        found |= {
            id
            for id in self._by_labels
            if self.by_id[id].message.fence_labels.items() <= labels.items()
        }
        return (self.by_id[id] for id in sorted(found))

    def _index(self, change: Change) -> None:
        if (before := self.by_id.pop(change.id, None)) is not None:
            for place in places(before.message):
                self._by_place[place].discard(change.id)
                if not self._by_place[place]:
                    del self._by_place[place]
            self._by_labels.discard(change.id)
        if change.after is not None:
            rule = compiled(change.id, pb.Rule.FromString(change.after))
            self.by_id[change.id] = rule
            if rule.message.disabled:
                return
            for place in places(rule.message):
                self._by_place[place].add(change.id)
            if rule.message.fence_labels:
                self._by_labels.add(change.id)


def places(rule: pb.Rule) -> set[tuple[str, str]]:
    """The fences, stores and brands that a rule names."""
    return {
        *(("fence", fence_id(name)) for name in rule.fences),
        *(("store", store_id(name)) for name in rule.stores),
        *(("brand", fold(brand)) for brand in rule.brands),
    }
