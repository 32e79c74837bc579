"""Splits of baskets over stores, against a plain search; and what a store lacks of one."""

import datetime as dt
from dataclasses import replace
from itertools import combinations

from hypothesis import given
from hypothesis import strategies as st

from services.stock.model.baskets import Lack, Missing, Offer, missing_from, offer_of, split
from services.stock.model.levels import Future, Level
from services.stock.model.policies import DEFAULT_POLICY, Policy, Sell
from tests.support.stock_state import MINUTE, T0

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


TODAY = dt.date(2026, 11, 30)
FRIDAY = dt.date(2026, 12, 4)
ONLY_BANDS = replace(DEFAULT_POLICY, bands_only=True)
POLICIES = st.builds(
    Policy,
    sell=st.sampled_from(Sell),
    least=st.integers(1, 3),
    most=st.sampled_from([0, 6, 9]),
    bands_only=st.booleans(),
)


def missing(policy: Policy, level: Level | None, wanted: int) -> list[Missing]:
    offer = offer_of("t-forum", 0.0, policy, [level], [wanted], T0, MINUTE)
    return missing_from(offer, [wanted], lambda: TODAY, T0, MINUTE)


def stated(on_hand: int, coming: int = 0) -> Level:
    futures = (Future(FRIDAY, coming),) if coming else ()
    return Level(on_hand, 0, 0, T0 // 1000, 1, futures=futures)


def test_what_is_missing_is_told_with_its_date():
    assert [] == missing(DEFAULT_POLICY, stated(5), 5)
    assert [Missing(0, 3, FRIDAY)] == missing(DEFAULT_POLICY, stated(5, coming=3), 8)
    assert [Missing(0, 4, None)] == missing(DEFAULT_POLICY, stated(5, coming=3), 9)
    assert [Missing(0, None, None)] == missing(DEFAULT_POLICY, None, 1)
    assert [Missing(0, None, None)] == missing(DEFAULT_POLICY, Level(5, 0, 0, 1, 1), 1), "too old"


def test_what_a_store_never_sells_at_once_is_not_expected():
    policy = replace(DEFAULT_POLICY, most=6)

    assert [Missing(0, 8, None)] == missing(policy, stated(5, coming=30), 8)


def test_units_on_back_order_are_not_missing():
    policy = replace(DEFAULT_POLICY, sell=Sell.BACK_ORDER)

    assert [] == missing(policy, stated(5, coming=3), 8)


@given(
    policy=POLICIES, on_hand=st.integers(0, 12), coming=st.integers(0, 9), wanted=st.integers(1, 12)
)
def test_what_is_missing_is_what_is_not_offered(policy, on_hand, coming, wanted):
    offer = offer_of("t-forum", 0.0, policy, [stated(on_hand, coming)], [wanted], T0, MINUTE)
    found = missing_from(offer, [wanted], lambda: TODAY, T0, MINUTE)

    assert [wanted - offer.units[0]] * (offer.lack is not None) == [each.units for each in found]


@given(
    on_hands=st.lists(st.integers(0, 7), min_size=2, max_size=2),
    comings=st.lists(st.integers(1, 99), min_size=2, max_size=2),
)
def test_with_bands_nothing_missing_depends_on_the_level(on_hands, comings):
    one, other = (
        missing(ONLY_BANDS, stated(on_hand, coming), 8)
        for on_hand, coming in zip(on_hands, comings, strict=True)
    )

    assert one == other == [Missing(0, 8, FRIDAY)]


def test_reasons_of_the_stock_and_of_the_store():
    assert {Lack.OUT_OF_STOCK, Lack.NOT_ENOUGH, Lack.STOCK_UNKNOWN} == {
        lack for lack in Lack if lack.is_of_stock
    }
