"""Splits of baskets over stores, against a plain search through all sets of stores."""

from itertools import combinations

from hypothesis import given
from hypothesis import strategies as st

from services.stock.model.baskets import Offer, split
from services.stock.model.policies import DEFAULT_POLICY

UNITS = st.lists(st.tuples(*[st.integers(0, 3)] * 3), max_size=8)
WANTED = st.tuples(*[st.integers(1, 5)] * 3)


def offers_of(units: list[tuple[int, ...]], wanted: tuple[int, ...]) -> list[Offer]:
    """Stores one kilometre after the other, with at most the wanted units."""
    return [
        Offer(
            f"t-{number}",
            1000.0 * (number + 1),
            DEFAULT_POLICY,
            (None,) * len(wanted),
            tuple(min(has, wants) for has, wants in zip(row, wanted, strict=True)),
            None,
        )
        for number, row in enumerate(units)
    ]


def fewest(offers: list[Offer], wanted: tuple[int, ...]) -> tuple[int, float] | None:
    """The least number of stores with the basket, and the least sum of their distances."""
    for size in range(1, len(offers) + 1):
        distances = [
            sum(offer.distance_m for offer in some)
            for some in combinations(offers, size)
            if all(
                sum(offer.units[line] for offer in some) >= units
                for line, units in enumerate(wanted)
            )
        ]
        if distances:
            return size, min(distances)
    return None


@given(units=UNITS, wanted=WANTED)
def test_a_split_has_the_whole_basket_from_the_fewest_and_nearest_stores(units, wanted):
    offers = offers_of(units, wanted)
    expected = fewest(offers, wanted)

    found = split(offers, wanted)

    assert (expected is None) == (found is None)
    if expected is None or found is None:
        return
    shares, is_fewest = found
    size, distance_m = expected
    assert list(wanted) == [
        sum(share.units[line] for share in shares) for line in range(len(wanted))
    ]
    assert all(
        taken <= has
        for share in shares
        for taken, has in zip(share.units, share.offer.units, strict=True)
    )
    assert len(shares) == len({share.offer.store for share in shares})
    assert size <= len(shares)
    if is_fewest:
        assert size == len(shares)
    if size <= 3:
        assert (size, distance_m) == (
            len(shares),
            sum(share.offer.distance_m for share in shares),
        )
