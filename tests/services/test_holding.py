"""No method that strangers may call keeps all other calls waiting, whatever it is asked."""

import math
import time
from collections.abc import AsyncIterator

import pytest

from services.chassis.access.policy import Role, short_name
from services.chassis.errors import ServiceError
from services.chassis.processor import Spent, metered
from services.directory.parts import Parts
from services.policy import POLICY
from tests.support.dearest import Dear, Host, loaded
from tests.support.holding import longest_hold_ms

MOST_MS = 50.0
SHORT_MS = 10.0
"""What a call may compute that is not marked as long."""
USUAL_MS = 20.0
"""What `a_while` takes on the machine that the bound was set for."""
TRIES = 20
UNDER = 4.0
"""A price may be too low by so much: what a call took beyond it is paid afterwards."""


def a_while_ms() -> float:
    """Processor time of a fixed computation: a busy machine may be slower than the bound."""
    began_s = time.thread_time()
    sum(number * number for number in range(300_000))
    return (time.thread_time() - began_s) * 1000


@pytest.fixture
async def asked(
    parts: Parts, monkeypatch: pytest.MonkeyPatch
) -> AsyncIterator[tuple[Host, list[Dear]]]:
    monkeypatch.setenv("ENRAYON_STOCK_ALLOW_LOSS", "true")
    async with loaded(parts) as found:
        yield found


async def answer(host: Host, dear: Dear) -> str:
    """The reason of a refusal, if it is refused."""
    try:
        await host.answer(dear.path, dear.anew().SerializeToString())
    except ServiceError as error:
        return error.reason
    return ""


async def test_no_answer_holds_the_event_loop_and_each_has_a_price(asked, figure):
    host, requests = asked
    public = {path for path, rule in POLICY.items() if rule.role <= Role.PAGE}
    assert set() == public - {dear.path for dear in requests}, "each has its dearest requests"
    slower = max(1.0, min(a_while_ms() for _ in range(5)) / USUAL_MS)
    holds: dict[str, float] = {}
    under: list[str] = []
    reasons: set[str] = set()
    for dear in requests:
        name = f"{'.'.join(short_name(dear.path))} {dear.name}"
        reasons.add(await answer(host, dear))
        rule = POLICY[dear.path]
        price_ms = rule.price_ms + rule.kb_ms * dear.request.ByteSize() / 1000
        took_ms = holds[name] = math.inf
        for _ in range(TRIES):  # a collection of garbage, or another program, may come between
            spent = Spent()
            hold_ms = await longest_hold_ms(metered(answer(host, dear), spent)) / slower
            holds[name] = min(hold_ms, holds[name])
            took_ms = min(spent.seconds * 1000 / slower, took_ms)
            if holds[name] < MOST_MS / 2 and took_ms <= UNDER * price_ms + 5:
                break
        if took_ms > UNDER * price_ms + 5:
            under.append(f"{name}: took {took_ms:.1f} ms, the price is {price_ms:.1f}")
    longest = sorted(holds, key=lambda name: -holds[name])[:3]
    figure(
        44,
        f"{len(requests)} dearest requests of {len(public)} public methods and others, longest"
        " holds of the event loop: "
        + ", ".join(f"{name} {holds[name]:.0f} ms" for name in longest),
    )
    assert {} == {name: hold_ms for name, hold_ms in holds.items() if hold_ms > MOST_MS}
    assert [] == under
    assert reasons <= {
        "",
        "CODE_NOT_VALID",
        "INVALID_ARGUMENT",
        "INVALID_GEOMETRY",
        "PLACE_NOT_FOUND",
        "INVALID_SCHEDULE",
        "ANCHOR_INVALID",
        "RESERVATION_NOT_ACTIVE",
        "HOLD_ENDED",
        "TOO_MANY_CELLS",
    }
