"""The replica gives the same answers as its stores one by one, after any changes."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from enrayon.stores.v1 import stores_pb2
from geodata.points import Point
from services.directory import columns
from services.directory.filters import StoreFilter, fold
from services.directory.stores import StoresReplica

BRANDS = ["", "K-Market", "Café Ekberg", "CAFE EKBERG", "S-market"]
ATTRIBUTES = ["osm.a", "osm.b", "osm.c", "osm.payment.cash"]
HELSINKI = Point(60.17, 24.94)


@st.composite
def stores(draw):
    store = stores_pb2.Store(
        name=f"stores/s-{draw(st.integers(0, 12))}",
        display_name=draw(st.sampled_from(["Alepa Kamppi", "Ärrä Töölö", "Stockmann"])),
        brand=draw(st.sampled_from(BRANDS)),
        attributes=draw(st.sets(st.sampled_from(ATTRIBUTES))),
        status=draw(st.integers(0, 5)),
        private=draw(st.booleans()),
        address={
            "region_code": draw(st.sampled_from(["", "FI", "EE"])),
            "administrative_area": draw(st.sampled_from(["", "Uusimaa", "HARJU"])),
        },
    )
    if draw(st.booleans()):
        store.location.latitude = draw(st.floats(59.9, 60.4))
        store.location.longitude = draw(st.floats(24.5, 25.3))
    for scheme in draw(st.sets(st.sampled_from(["gln", "osm"]))):
        store.external_ids[scheme] = draw(st.sampled_from(["1", "node/2", "a:b"]))
    store.payment_methods.extend(draw(st.sets(st.sampled_from(["cash", "visa"]))))
    if draw(st.booleans()):
        store.service_area.postal_codes.append(draw(st.sampled_from(["00100", "00200"])))
    return store


filters = st.builds(
    StoreFilter,
    brands=st.frozensets(st.sampled_from([fold(brand) for brand in BRANDS]), max_size=2),
    attributes=st.frozensets(st.sampled_from(ATTRIBUTES), max_size=2),
    region_codes=st.frozensets(st.sampled_from(["FI", "EE", "FR"]), max_size=2),
    administrative_areas=st.frozensets(st.sampled_from(["uusimaa", "harju"]), max_size=2),
    ids=st.frozensets(st.sampled_from(["s-1", "s-2", "s-99"]), max_size=2),
    external_ids=st.frozensets(
        st.sampled_from(["gln:1", "osm:node/2", "gln:a:b", "gln:9"]), max_size=2
    ),
    statuses=st.frozensets(st.integers(1, 5), max_size=3),
    serves_postal_code=st.sampled_from(["", "00100"]),
)
changes = st.lists(
    st.one_of(stores(), st.integers(0, 12).map(lambda number: f"s-{number}")), max_size=25
)


@settings(max_examples=150, deadline=None)
@given(changes, st.lists(filters, min_size=1, max_size=4), st.integers(0, 24))
def test_masks_and_lists_agree_with_the_filter_of_each_store(changes, wanted, loaded_after):
    """Masks that are kept current and masks that are computed anew are both those of the filter."""
    replica = StoresReplica()
    truth: dict[str, stores_pb2.Store] = {}
    for number, change in enumerate(changes):
        if isinstance(change, str):
            replica.apply(change, None)
            truth.pop(change, None)
        else:
            replica.apply(change.name[7:], change.SerializeToString())
            truth[change.name[7:]] = change
        if number == loaded_after:
            for one in wanted:
                replica.mask(one)

    reloaded = StoresReplica((id, store.SerializeToString()) for id, store in truth.items())
    for one in wanted:
        admitted = sorted(id for id, store in truth.items() if one.admits(store))
        located = [id for id in admitted if truth[id].HasField("location")]
        for each in (replica, reloaded):
            assert admitted == each.ids(one)
            assert located == sorted(id for id, _ in each.nearest(HELSINKI, 100, one))
            assert located == sorted(each.ids_of_rows(np.flatnonzero(each.mask(one))))


@settings(max_examples=50, deadline=None)
@given(changes)
def test_text_search_finds_beginnings_of_words_in_any_case_and_without_accents(changes):
    replica = StoresReplica()
    truth: dict[str, stores_pb2.Store] = {}
    for change in changes:
        replica.matching("nothing")  # the index exists before the changes come
        if isinstance(change, str):
            replica.apply(change, None)
            truth.pop(change, None)
        else:
            replica.apply(change.name[7:], change.SerializeToString())
            truth[change.name[7:]] = change

    for query, name in (("arra too", "Ärrä Töölö"), ("KAMP ale", "Alepa Kamppi"), ("mann", None)):
        expected = {
            id for id, store in truth.items() if not store.private and store.display_name == name
        }
        assert expected == {match.id for match in replica.matching(query)}


@pytest.mark.parametrize(
    "query", ['"', "' OR 1", "*", "a AND", "(", "NEAR(", "-", "\x00", "ä" * 200]
)
def test_no_query_breaks_the_search(query):
    assert [] == StoresReplica().matching(query)


@given(
    st.lists(st.tuples(st.integers(0, 40), st.sets(st.sampled_from("abcd"))), max_size=30),
    st.sets(st.sampled_from("abcde")),
)
def test_rows_have_the_texts_that_were_set_last(puts, wanted):
    sets, truth = columns.Sets(), {}
    for row, texts in puts:
        sets.put(row, texts)
        truth[row] = texts

    for count in (0, 7, 41):
        expected = [wanted <= truth.get(row, set()) for row in range(count)]
        assert expected == sets.with_all(wanted, count).tolist()
