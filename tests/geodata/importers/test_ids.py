"""Tests that store ids are readable, stable, valid and distinct."""

import random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from geodata.importers import ImporterError
from geodata.importers.ids import Ids, checked_source, source_of
from geodata.stores import STORE_ID


def store_ids(source: str, originals: list[str]) -> dict[str, str]:
    """The store id of each original id."""
    ids = Ids()
    for number, original in enumerate(originals):
        assert number == ids.add(number, source, original)
    ids.assign()
    return {original: id for _, original, id in ids}


@pytest.mark.parametrize(
    ("original", "expected"),
    [
        ("1000001", "fr-1000001"),
        ("walmart:1", "fr-walmart~1"),
        ("FR*ELC*PBORBL", "fr-fr~elc~pborbl"),
        ("node/299983963", "fr-node~299983963"),
        ("Café N° 5", "fr-cafe~n~5"),
        ("a--b_c.d", "fr-a--b_c.d"),
    ],
)
def test_an_id_can_be_read_back_from_its_store_id(original: str, expected: str) -> None:
    assert {original: expected} == store_ids("fr", [original])


def test_ids_that_look_alike_are_kept_apart_whatever_their_order() -> None:
    originals = ["A:1", "a:1", "a/1", "a 1", "店1", "駅1"]
    expected = store_ids("jp", originals)
    assert 6 == len(set(expected.values()))
    # The first in alphabetical order keeps the plain form.
    assert "jp-a~1" == expected["A:1"]
    random.Random(3).shuffle(originals)
    assert expected == store_ids("jp", originals)
    assert expected["a/1"] == store_ids("jp", ["A:1", "a/1"])["a/1"]


def test_an_id_that_looks_like_a_marked_one_is_no_trap() -> None:
    marked = store_ids("x", ["A:1", "a/1"])["a/1"].removeprefix("x-")
    ids = store_ids("x", ["A:1", "a/1", marked])
    assert 3 == len(set(ids.values()))
    assert f"x-{marked}" == ids[marked]


@settings(deadline=None)
@given(st.lists(st.text(min_size=1, max_size=400), min_size=1, max_size=30, unique=True))
def test_any_ids_become_different_valid_ones(originals: list[str]) -> None:
    ids = store_ids("x", originals)
    assert set(originals) == ids.keys()
    assert len(originals) == len(set(ids.values()))
    for identifier in ids.values():
        assert STORE_ID.fullmatch(identifier)
        assert identifier.startswith("x-")
        assert len(identifier) <= 190  # `stores/{id}` has at most 200 characters


@pytest.mark.parametrize("source", ["", "-", "a-b", "fuel fr", "é", "x" * 51, "_x"])
def test_a_source_that_ids_cannot_begin_with_is_refused(source: str) -> None:
    with pytest.raises(ImporterError, match="must be 1 to 50 of the characters"):
        checked_source(source)


def test_a_source_is_lower_case() -> None:
    assert "walmart_us" == checked_source(" Walmart_US ")


@settings(deadline=None)
@given(st.text(max_size=80))
def test_any_name_has_a_valid_source_near_to_it(name: str) -> None:
    source = source_of(name)
    assert source == checked_source(source)
