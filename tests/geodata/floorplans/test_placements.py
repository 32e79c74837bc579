import datetime as dt
from itertools import permutations
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from geodata.floorplans.placements import Placement, placements_in_force, revised_confidence
from tests.geodata.floorplans.shops import NOON

DAY = dt.timedelta(days=1)
shares = st.floats(0, 1)
counts = st.integers(0, 1000)


def test_a_stores_own_word_replaces_the_chains() -> None:
    chain = [Placement(sku="milk", aisle="1"), Placement(sku="rice", aisle="2")]
    store = [Placement(sku="milk", store="stores/7", aisle="9")]
    found = placements_in_force(chain, store, NOON)
    assert [p.aisle for p in found["milk"]] == ["9"]
    assert [p.aisle for p in found["rice"]] == ["2"]


def test_a_store_can_say_that_it_has_no_place_for_a_product() -> None:
    chain = [Placement(sku="milk", aisle="1")]
    gone = [Placement(sku="milk", store="stores/7", aisle="1", confidence=0)]
    assert placements_in_force(chain, gone, NOON) == {}


def test_the_surest_of_several_places_comes_first() -> None:
    both = [
        Placement(sku="milk", aisle="promo", confidence=0.4),
        Placement(sku="milk", aisle="1", confidence=0.9),
    ]
    found = placements_in_force(both, [], NOON)["milk"]
    assert [p.aisle for p in found] == ["1", "promo"]


def test_a_placement_counts_only_while_it_is_valid() -> None:
    christmas = Placement(
        sku="glogi", aisle="9", valid_from=NOON, valid_until=NOON + DAY, store="stores/7"
    )
    always = Placement(sku="glogi", aisle="3")
    aisles = [
        placements_in_force([always], [christmas], at)["glogi"][0].aisle
        for at in (NOON - DAY, NOON, NOON + DAY)
    ]
    assert aisles == ["3", "9", "3"]


@settings(deadline=None)
@given(shares, counts, counts)
def test_confidence_stays_a_share(confidence: float, found: int, not_found: int) -> None:
    assert 0 <= revised_confidence(confidence, found, not_found) <= 1


@settings(deadline=None)
@given(shares, counts, counts)
def test_one_report_moves_confidence_the_right_way_and_not_far(
    confidence: float, found: int, not_found: int
) -> None:
    now = revised_confidence(confidence, found, not_found)
    up = revised_confidence(confidence, found + 1, not_found)
    down = revised_confidence(confidence, found, not_found + 1)
    assert down <= now <= up
    assert max(up - now, now - down) <= 0.2 + 1e-12


def test_confidence_after_four_to_one_is_what_the_beta_mean_says() -> None:
    # The prior of 0.5 counts as 4 shoppers, of whom 2 found it: (2 + 4) / (4 + 4 + 1).
    assert revised_confidence(0.5, found=4, not_found=1) == pytest.approx(6 / 9)
    assert revised_confidence(0.8, found=0, not_found=0) == 0.8


@pytest.mark.parametrize(
    ("fields", "named"),
    [
        ({"sku": ""}, "sku"),
        ({"sku": "x" * 10_240}, "sku"),
        ({"description": "x" * 10_240}, "description"),
        ({"bay": 0}, "bay"),
        ({"shelf": -1}, "shelf"),
        ({"position": 10**9}, "position"),
        ({"confidence": 1.5}, "confidence"),
        ({"confidence": float("nan")}, "confidence"),
        ({"valid_from": NOON, "valid_until": NOON}, "valid_until"),
        ({"valid_from": NOON.replace(tzinfo=None)}, "valid_from"),
    ],
)
def test_a_bad_field_is_named(fields: dict[str, Any], named: str) -> None:
    with pytest.raises(ValueError, match=named):
        Placement(**({"sku": "milk"} | fields))


def test_reports_are_not_negative() -> None:
    with pytest.raises(ValueError, match="found"):
        revised_confidence(0.5, -1, 0)


def test_the_order_of_placements_does_not_matter() -> None:
    three = [Placement(sku="milk", aisle=a, confidence=c) for a, c in (("1", 0.3), ("2", 0.9))]
    assert len({placements_in_force(list(p), [], NOON)["milk"] for p in permutations(three)}) == 1
