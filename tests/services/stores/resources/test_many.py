"""Lists and searches of many stores give each match once, the same as brute force over all."""

import csv
import io
import math
import random
import statistics
from collections import Counter

import pytest

from enrayon.stores.v1 import stores_pb2
from geodata.steps import at_once
from services.directory.filters import EVERYTHING, StoreFilter, fold
from services.directory.journeys import Journey
from services.directory.stores import StoresReplica, texts_of
from services.stores.model.matches import Match, Total
from services.stores.resources import search
from tests.support import many_stores

needs_towns = pytest.mark.skipif(
    not many_stores.TOWNS.exists(), reason="needs world_places.csv.gz of ../shared/data"
)
IN_FRANCE = StoreFilter(region_codes=frozenset({"FR"}))


def replica_of(count: int) -> StoresReplica:
    records = {}
    for values in many_stores.rows(count):
        row = dict(zip(many_stores.COLUMNS, values, strict=True))
        store = stores_pb2.Store(
            name=f"stores/m-{row['id']}",
            display_name=row["name"],
            brand=row["brand"],
            location={"latitude": float(row["lat"]), "longitude": float(row["lon"])},
            private=row["id"].endswith("77"),
        )
        store.address.region_code, store.address.locality = row["country"], row["city"]
        store.address.address_lines.append(f"{row['housenumber']} {row['street']}")
        if row["id"].endswith("88"):
            store.ClearField("location")
        records[store.name[7:]] = store.SerializeToString()
    return StoresReplica(records.items())


def brute(replica: StoresReplica, query: str, wanted: StoreFilter) -> set[str]:
    words, found = fold(query).split(), set()
    for id, encoded in replica.records():
        store = stores_pb2.Store.FromString(encoded)
        there = fold(" ".join(texts_of(store)[:3]))
        there = "".join(c if c.isalnum() else " " for c in there)
        if all(f" {word}" in f" {there}" for word in words) and wanted.admits(store):
            found.add(id)
    return found


def no_detours(*_: object) -> list[Journey]:
    return []


def paged(replica: StoresReplica, request: stores_pb2.SearchStoresRequest, wanted: StoreFilter):
    """All matches, page by page, and the total of the first page."""
    after: Match | None = None
    total: Total | None = None
    matches: list[Match] = []
    while True:
        steps = search.search(replica, no_detours, request, wanted, after, request.page_size, total)
        found = at_once(steps)
        total = found.total
        matches += found.matches
        if not found.has_more:
            return matches, total
        assert len(found.matches) == request.page_size
        after = matches[-1]


@needs_towns
@pytest.mark.parametrize(
    ("count", "size"), [(6_000, 97), pytest.param(200_000, 1000, marks=pytest.mark.soak)]
)
def test_paging_to_the_end_gives_each_match_once(count: int, size: int) -> None:
    replica = replica_of(count)
    for query, wanted in (
        ("market", EVERYTHING),
        ("street", EVERYTHING),
        ("luna boo", IN_FRANCE),
        ("s", IN_FRANCE),
        ("no such words", EVERYTHING),
    ):
        request = stores_pb2.SearchStoresRequest(query=query, page_size=size)
        matches, total = paged(replica, request, wanted)

        ids = [match.id for match in matches]
        assert brute(replica, query, wanted) == set(ids)
        assert len(ids) == len(set(ids))
        assert [match.rank for match in matches] == sorted(match.rank for match in matches)
        if total.is_estimate:
            assert total.number == pytest.approx(len(ids), rel=0.1)
        else:
            assert len(ids) == total.number


@pytest.mark.long
@needs_towns
def test_an_estimate_of_a_total_is_within_its_error(monkeypatch: pytest.MonkeyPatch) -> None:
    """Countries differ in the lengths of names, by which matches are ordered."""
    for name, value in (("COUNTED", 200), ("SAMPLED", 2000), ("ADMITTED_ENOUGH", 100)):
        monkeypatch.setattr(search, name, value)
    replica = replica_of(6_000)
    regions: Counter[str] = Counter()
    for _, encoded in replica.records():
        regions[stores_pb2.Store.FromString(encoded).address.region_code] += 1
    offs = []
    for query in ("s", "market", "street", "b"):
        matching = len(brute(replica, query, EVERYTHING))
        for region, _ in regions.most_common(12):
            wanted = StoreFilter(region_codes=frozenset({region}))
            request = stores_pb2.SearchStoresRequest(query=query, page_size=5)
            steps = search.search(replica, no_detours, request, wanted, None, 5, None)
            total = at_once(steps).total
            expected = len(brute(replica, query, wanted))
            if not total.is_estimate:
                assert expected == total.number
                continue
            in_sample = min(100, expected * 2000 / matching)
            assert total.number == pytest.approx(expected, rel=4 / math.sqrt(in_sample))
            offs.append(total.number / expected - 1)
    assert len(offs) > 20
    assert abs(statistics.mean(offs)) < 0.05


@needs_towns
@pytest.mark.parametrize("wanted", [EVERYTHING, IN_FRANCE])
def test_a_list_by_pages_has_all_stores_in_order(wanted: StoreFilter) -> None:
    replica = replica_of(6_000)
    after, total, ids = None, None, []
    while True:
        found = at_once(search.id_page(replica, wanted, None, after, 97, total))
        total = found.total
        ids += [match.id for match in found.matches]
        if not found.has_more:
            break
        after = found.matches[-1]

    assert sorted(brute(replica, "", wanted)) == ids
    assert len(ids) == total.number


@needs_towns
@pytest.mark.parametrize("sorted_at_most", [10, 100_000])
def test_an_area_has_the_same_stores_whether_sorted_or_followed(
    sorted_at_most: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(search, "SORTED", sorted_at_most)
    replica = replica_of(6_000)
    for query in ("", "market"):
        request = stores_pb2.SearchStoresRequest(query=query, page_size=50)
        request.viewport.low.latitude, request.viewport.low.longitude = 30, -10
        request.viewport.high.latitude, request.viewport.high.longitude = 60, 40

        matches, total = paged(replica, request, EVERYTHING)

        expected = {
            id
            for id in brute(replica, query, EVERYTHING)
            if (store := stores_pb2.Store.FromString(replica.encoded(id))).HasField("location")
            and 30 <= store.location.latitude <= 60
            and -10 <= store.location.longitude <= 40
        }
        assert expected == {match.id for match in matches}
        assert len(expected) == len(matches) == total.number


@needs_towns
def test_a_row_of_the_file_is_large_and_the_same_for_the_same_seed() -> None:
    first, again = (list(many_stores.rows(300, seed=4)) for _ in range(2))

    assert first == again
    for row in first:
        line = io.StringIO()
        csv.writer(line).writerow(row)
        assert len(line.getvalue().encode()) >= many_stores.LEAST_BYTES


@needs_towns
def test_changes_reach_the_words_in_any_order() -> None:
    replica, draw = replica_of(500), random.Random(1)
    replica.texts().build()
    ids = [id for id, _ in replica.records()]
    for _ in range(300):
        id = draw.choice(ids)
        store = stores_pb2.Store(name=f"stores/{id}", display_name=draw.choice(("Alepa", "Sale")))
        replica.apply(id, None if draw.random() < 0.3 else store.SerializeToString())
        if draw.random() < 0.1:
            for query in ("alepa", "sal"):
                found = [match.id for match in replica.matching(query)]
                assert brute(replica, query, EVERYTHING) == set(found)
                assert len(found) == len(set(found))
