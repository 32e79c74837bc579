"""Bands of levels, and sums of groups."""

import datetime as dt

import pytest

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
