"""Finds fewer steps of a plan that still break its law."""

from collections.abc import Callable, Sequence

from tests.simulation.plan import Plan
from tests.simulation.run import run

MOST_RUNS = 200


def shrunk(plan: Plan, runs: int = MOST_RUNS) -> Plan:
    """The plan with as few steps as so many runs find; the same plan if it breaks no law.

    By halves first, then by smaller parts (delta debugging, Zeller 1999). A step that stays chooses
    as before, since its choices follow from its number.
    """
    law = run(plan).law
    if not law:
        return plan
    left = runs

    def breaks(numbers: Sequence[int]) -> bool:
        nonlocal left
        left -= 1
        return run(plan.only(numbers)).law == law

    numbers = reduced([step.number for step in plan.steps], breaks, lambda: left > 0)
    return plan.only(numbers)


def reduced(
    items: list[int], breaks: Callable[[Sequence[int]], bool], may_go_on: Callable[[], bool]
) -> list[int]:
    """As few of the items as can be left while they still break."""
    parts = 2
    while len(items) > 1 and may_go_on():
        size = -(-len(items) // parts)
        for start in range(0, len(items), size):
            rest = items[:start] + items[start + size :]
            if may_go_on() and rest and breaks(rest):
                items, parts = rest, max(parts - 1, 2)
                break
        else:
            if size == 1:
                break
            parts = min(len(items), parts * 2)
    return items
