"""Limits: as much as is said at once, then at the pace that is said; the wait told is exact."""

import math
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.chassis.access import limits
from services.chassis.access.limits import (
    LocalLimits,
    RateLimited,
    SharedLimits,
    Streams,
    TooManyStreams,
)
from services.chassis.database.client import Client, connect
from services.chassis.errors import Unavailable
from services.chassis.settings import ChassisSettings

PHONE = "203.0.113.7"


class Clock:
    def __init__(self) -> None:
        self.now_s = 1000.0

    def __call__(self) -> float:
        return self.now_s


def wait_s(limits: LocalLimits, who: str, cost_s: float, burst_s: float) -> float:
    """0 when the call passes, else how long to wait."""
    try:
        limits.take(who, cost_s, burst_s)
    except RateLimited as error:
        return error.retry_after.total_seconds() if error.retry_after else math.nan
    return 0.0


def test_ten_at_once_then_one_each_second():
    clock = Clock()
    here = LocalLimits(clock)

    assert [0.0] * 10 == [wait_s(here, PHONE, 1.0, 10.0) for _ in range(10)]
    assert 1.0 == wait_s(here, PHONE, 1.0, 10.0)
    clock.now_s += 1.0
    assert 0.0 == wait_s(here, PHONE, 1.0, 10.0)
    assert 1.0 == wait_s(here, PHONE, 1.0, 10.0)


@given(st.floats(0, 1e9), st.floats(1e-5, 1e6), st.integers(1, 20))
def test_as_many_as_fit_pass_at_any_moment(now_s: float, cost_s: float, burst: int):
    here = LocalLimits(lambda: now_s)
    assert [0.0] * burst == [wait_s(here, PHONE, cost_s, burst * cost_s) for _ in range(burst)]
    assert math.isclose(cost_s, wait_s(here, PHONE, cost_s, burst * cost_s), abs_tol=1e-6)


def test_a_refused_call_costs_nothing():
    clock = Clock()
    here = LocalLimits(clock)
    here.take(PHONE, 10.0, 10.0)
    for _ in range(100):
        assert 1.0 == wait_s(here, PHONE, 1.0, 10.0)


def test_callers_do_not_share():
    here = LocalLimits(Clock())
    here.take(PHONE, 10.0, 10.0)

    assert 0.0 == wait_s(here, "203.0.113.8", 10.0, 10.0)


def test_a_call_dearer_than_the_burst_passes_when_all_is_whole():
    clock = Clock()
    here = LocalLimits(clock)

    assert 0.0 == wait_s(here, PHONE, 30.0, 10.0)
    assert 30.0 == wait_s(here, PHONE, 30.0, 10.0)
    clock.now_s += 30.0
    assert 0.0 == wait_s(here, PHONE, 30.0, 10.0)


@given(
    st.lists(
        st.tuples(st.integers(0, 8), st.integers(1, 6)), min_size=1, max_size=60
    )  # eighths of a second to wait, and to take
)
def test_never_more_than_a_bucket_of_the_burst_that_fills_at_the_pace(steps):
    """The leaky bucket of the same figures, in exact fractions, admits the same calls."""
    clock, burst = Clock(), Fraction(2)
    here, level = LocalLimits(clock), Fraction(0)
    for pause, cost in steps:
        clock.now_s += pause / 8
        level = max(Fraction(0), level - Fraction(pause, 8))
        admitted = level + Fraction(cost, 8) <= burst
        waited = wait_s(here, PHONE, cost / 8, float(burst))

        assert admitted == (waited == 0.0)
        if admitted:
            level += Fraction(cost, 8)
        else:
            assert float(level + Fraction(cost, 8) - burst) == waited


def test_memory_is_bounded_whatever_the_number_of_callers(monkeypatch):
    monkeypatch.setattr(limits, "KEPT_MOST", 100)
    clock = Clock()
    here = LocalLimits(clock)
    here.take("the one that asks most", 10.0, 10.0)
    for number in range(1000):
        here.take(f"address {number}", 1.0, 10.0)
        clock.now_s += 0.001
        assert len(here._whole_ns) <= 101

    assert 0.0 < wait_s(here, "the one that asks most", 10.0, 10.0)


async def test_all_processes_count_together(database: Client, database_url, settings):
    other_client = connect(settings, database_url)
    first, second = SharedLimits(database), SharedLimits(other_client)
    # An hour's worth, so that no time that the test takes lets another one pass.
    for _ in range(5):
        await first.take(PHONE, 3600.0, 36_000.0)
        await second.take(PHONE, 3600.0, 36_000.0)
    with pytest.raises(RateLimited) as refused:
        await first.take(PHONE, 3600.0, 36_000.0)
    await other_client.aclose()

    assert refused.value.retry_after is not None
    assert 3500 < refused.value.retry_after.total_seconds() <= 3600


async def test_what_is_kept_names_nobody_and_goes_away_when_it_is_whole(database: Client):
    await SharedLimits(database).take(PHONE, 3600.0, 36_000.0)
    [key] = [key async for key in database.scan_iter()]

    assert PHONE.encode() not in key
    assert 3_500_000 < await database.pttl(key) <= 3_600_001


async def test_without_redis_the_shared_limit_refuses(settings: ChassisSettings):
    nowhere = connect(settings, "redis://127.0.0.1:1")
    with pytest.raises(Unavailable) as refused:
        await SharedLimits(nowhere).take(PHONE, 1.0, 10.0)
    await nowhere.aclose()

    assert refused.value.retry_after


def test_a_caller_has_so_many_streams_open_and_no_more():
    streams = Streams()
    with streams.one(PHONE, 2), streams.one(PHONE, 2):
        with pytest.raises(TooManyStreams) as refused, streams.one(PHONE, 2):
            pass
        with streams.one("203.0.113.8", 2):
            pass
    with streams.one(PHONE, 2):
        pass

    assert refused.value.retry_after
    assert not streams._open
