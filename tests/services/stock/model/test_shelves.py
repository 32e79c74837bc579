"""Shelves against a plain set of pairs of stores and products."""

from hypothesis import given
from hypothesis import strategies as st

from services.stock.model.shelves import Shelves

STORES = [f"t-{number}" for number in range(20)]
SKUS = ("milk", "bread", "shears")
CHANGES = st.lists(st.tuples(st.sampled_from(STORES), st.sampled_from(SKUS), st.booleans()))


@given(changes=CHANGES)
def test_the_stores_with_a_product_are_those_that_were_put_there_last(changes):
    shelves, pairs = Shelves(), set[tuple[str, str]]()
    for store, sku, on_shelf in changes:
        shelves.put(store, sku, on_shelf=on_shelf)
        (pairs.add if on_shelf else pairs.discard)((store, sku))

    for sku in SKUS:
        assert sorted(store for store, kept in pairs if kept == sku) == shelves.stores_with([sku])
