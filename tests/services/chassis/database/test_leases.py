"""Leases: a lease lives as long as one of its takers may have made its thing."""

import pytest
from hypothesis import HealthCheck, given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st

from services.chassis.database.leases import MARGIN_MS, Lease, Leases, quota_key
from services.chassis.settings import ChassisSettings
from tests.support.database import connected

KEYS = [quota_key("caller", "holds"), quota_key("caller", "shopper", "somebody")]
NOW_MS = 1_800_000_000_000
TTL_MS = 1_800_000
MANY = 4095
"""Takers that the score of a lease can count."""


@hypothesis_settings(max_examples=50, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(acts=st.lists(st.booleans(), max_size=40))
async def test_a_lease_ends_when_its_last_taker_gives_it_back(server_url, settings, acts):
    """Each act takes (true) or gives back (false); as many takers are left as the model says."""
    async with connected(settings, server_url) as client:
        await client.flushall()
        leases = Leases(client)
        takers = 0
        for takes in acts:
            if takes:
                await leases.take(Lease(dict.fromkeys(KEYS, 1), "hold", TTL_MS))
                takers += 1
            else:
                await leases.give_back(KEYS, "hold")
                takers = max(takers - 1, 0)
            other = await leases.take(Lease(dict.fromkeys(KEYS, 1), "other", TTL_MS))
            assert (KEYS[0] if takers else None) == other
            await leases.give_back(KEYS, "other")


async def test_a_lease_of_many_takers_ends_when_its_thing_does_and_else_at_its_time(
    url: str, settings: ChassisSettings
):
    """Past the number that can be counted nobody ends it by giving it back: it may over-count."""
    async with connected(settings, url) as client:
        leases = Leases(client)
        for _ in range(MANY + 5):
            await leases.take(Lease({KEYS[0]: 1}, "hold", TTL_MS), NOW_MS)
        for _ in range(MANY + 5):
            await leases.give_back(KEYS[:1], "hold")
        end_ms = NOW_MS + TTL_MS + MARGIN_MS

        assert KEYS[0] == await leases.take(Lease({KEYS[0]: 1}, "other", TTL_MS), end_ms)
        assert await leases.take(Lease({KEYS[0]: 1}, "other", TTL_MS), end_ms + 1) is None
        await leases.release(KEYS[:1], "other")
        assert await leases.take(Lease({KEYS[0]: 1}, "third", TTL_MS), end_ms + 1) is None


@pytest.mark.parametrize("before", [1, 2])
async def test_a_lease_of_an_older_version_is_one_taker(
    url: str, settings: ChassisSettings, before: int
):
    """Its score had no fraction."""
    async with connected(settings, url) as client:
        leases = Leases(client)
        await client.zadd(KEYS[0], {"hold": NOW_MS + TTL_MS})
        for _ in range(before):
            await leases.take(Lease({KEYS[0]: 1}, "hold", TTL_MS), NOW_MS)
        for _ in range(before):
            await leases.give_back(KEYS[:1], "hold")

        assert KEYS[0] == await leases.take(Lease({KEYS[0]: 1}, "other", TTL_MS), NOW_MS)
