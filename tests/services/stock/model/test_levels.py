"""Bands of levels, and sums of groups."""

import datetime as dt

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.stock.model.levels import Band, Future, Level, band_of, summed
from services.stock.model.policies import DEFAULT_POLICY
from tests.support.stock_state import MINUTE, T0


@pytest.mark.parametrize(
    ("available", "band"), [(0, Band.OUT_OF_STOCK), (3, Band.LIMITED), (4, Band.IN_STOCK)]
)
def test_bands_follow_what_is_available(available, band):
    assert band == band_of(Level(available + 2, 1, 1, T0 // 1000, 1), DEFAULT_POLICY, T0, MINUTE)


def test_a_group_is_the_sum_of_its_members():
    day = dt.date(2026, 12, 1)
    members = [Level(5, 1, 0, 100, 1, futures=(Future(day, 2),)), Level(7, 0, 2, 90, 3)]

    group = summed(members)

    assert group is not None
    assert (12, 1, 2, 9, 11, 90) == (
        group.on_hand,
        group.reserved,
        group.safety,
        group.available,
        group.available_to_order,
        group.as_of_s,
    )
    assert None is summed([])


FUTURES: st.SearchStrategy[list[Future]] = st.lists(
    st.builds(Future, st.dates(dt.date(2026, 11, 20), dt.date(2026, 12, 10)), st.integers(1, 9)),
    max_size=6,
)


@given(on_hand=st.integers(0, 9), futures=FUTURES, wanted=st.integers(1, 40))
def test_units_are_expected_on_the_first_date_that_has_enough(
    on_hand: int, futures: list[Future], wanted: int
) -> None:
    today = dt.date(2026, 11, 30)
    level = Level(on_hand, 0, 0, T0 // 1000, 1, futures=tuple(futures))

    def there(day: dt.date) -> int:
        return on_hand + sum(each.units for each in futures if today <= each.date <= day)

    days = [today + dt.timedelta(n) for n in range(20)]
    enough = next((day for day in days if there(day) >= wanted), None)
    if on_hand < wanted:
        assert enough == level.expected(wanted, today)
    assert next((day for day in days if there(day) > on_hand), None) == level.expected(None, today)
