"""A loop goes on when the database fails, and ends when it is cancelled or has a bug."""

import asyncio
from collections.abc import Awaitable, Callable

import pytest
import redis.exceptions
from prometheus_client import REGISTRY
from structlog.testing import capture_logs

from services.chassis.errors import DatabaseUnavailable
from services.chassis.loops.forever import forever


@pytest.fixture(autouse=True)
def pauses(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    """Every pause that was asked for; none takes any time."""
    told: list[float] = []
    sleep = asyncio.sleep

    async def pause(seconds: float) -> None:
        told.append(seconds)
        await sleep(0)

    monkeypatch.setattr(asyncio, "sleep", pause)
    return told


def acts(*outcomes: bool | Exception | None) -> Callable[[], Awaitable[bool | None]]:
    """An act with these outcomes, one after the other, and then cancelled."""
    left = list(outcomes)

    async def act() -> bool | None:
        if not left:
            raise asyncio.CancelledError
        outcome = left.pop(0)
        if isinstance(outcome, Exception):
            raise outcome
        return outcome

    return act


async def test_it_rests_unless_there_is_more_to_do(pauses):
    with pytest.raises(asyncio.CancelledError):
        await forever("rest", 7.0, acts(True, True, None, False))
    assert [7.0, 7.0] == pauses


@pytest.mark.parametrize(
    "failure",
    [
        redis.exceptions.ConnectionError(),
        redis.exceptions.ResponseError("MISCONF"),
        ConnectionRefusedError(),
        DatabaseUnavailable("not loaded"),
    ],
    ids=lambda failure: type(failure).__name__,
)
async def test_it_outlives_a_failure_of_the_database_and_tells_it_once(failure, pauses):
    name = f"failing {type(failure).__name__}"
    with capture_logs() as logs, pytest.raises(asyncio.CancelledError):
        await forever(name, 7.0, acts(failure, failure, None))
    assert ["cannot work", "working again"] == [entry["event"] for entry in logs]
    labels = {"loop": name}
    assert 2 == REGISTRY.get_sample_value("enrayon_loop_failures_total", labels)
    assert REGISTRY.get_sample_value("enrayon_loop_passed_timestamp_seconds", labels)
    assert 3 == pauses.count(7.0)
    assert 2 == len([pause for pause in pauses if 0.2 <= pause <= 0.6])


async def test_a_bug_ends_it():
    with pytest.raises(ZeroDivisionError):
        await forever("bug", 7.0, acts(None, ZeroDivisionError()))
