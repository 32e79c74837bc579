"""The plan of a seed: its settings, and the acts and faults of a stretch of shop life."""

import random
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import NamedTuple

ACTS = {
    "hold": 30, "hold_slot": 12, "change": 12, "extend": 3, "cancel": 8, "prepare": 5, "ready": 6,
    "collect": 12, "undo": 6, "missing": 3, "transfer": 5, "read_hold": 4, "list_holds": 3,
    "feed": 8, "sell": 10, "alert": 8, "alert_hold": 16, "drop_alert": 3, "availability": 4,
    "levels": 6, "policy": 2, "walk": 3, "open_state": 6, "hours": 3, "read_store": 3,
    "closure": 2, "reopen": 2, "upkeep": 10, "complete_trip": 2, "code": 2,
    "position": 14, "erase": 2, "start_trip": 5, "check_in": 3, "cancel_trip": 2, "read_trip": 2,
}  # fmt: skip
"""Acts of clients, each with its weight."""
FAULTS = {
    "storm": 20, "crash": 6, "torn": 6, "failover": 6, "freeze": 5, "kill": 22, "kill_midway": 16,
    "cut_off": 8, "skew": 5, "endpoint_down": 8, "endpoint_slow": 4, "endpoint_fails": 5, "lag": 6,
}  # fmt: skip
"""Faults, each with its weight."""
MOST_SKEW_S = 3600
"""How far the clock of a process may be wrong."""


class Step(NamedTuple):
    """One act or fault."""

    number: int
    """Its identity: what it chooses follows from the seed and this alone."""
    at_s: float
    kind: str


@dataclass(frozen=True)
class Plan:
    """All that a run does."""

    seed: int
    began_s: int
    """The moment at which it begins, since 1970."""
    servers: int
    workers: int
    replicas: int
    """Replicas that must have a change before it is acknowledged; 0: the database has none."""
    sync: str
    """`always`, or `everysec`: a crash may lose the last second."""
    client_loss: float
    """Share of calls whose answer does not reach the client."""
    units: int
    """Of each product at each store, at first."""
    steps: Sequence[Step]
    settings: Mapping[str, str]

    @property
    def kinds(self) -> frozenset[str]:
        """The kinds of its steps."""
        return frozenset(step.kind for step in self.steps)

    @property
    def is_durable(self) -> bool:
        """True if what was acknowledged outlives each fault of the plan."""
        loses_by_crash = self.sync != "always" and "crash" in self.kinds
        loses_by_failover = not self.replicas and "failover" in self.kinds
        return not (loses_by_crash or loses_by_failover)

    def only(self, numbers: Sequence[int]) -> "Plan":
        """The plan with some of its steps."""
        wanted = set(numbers)
        return replace(self, steps=[step for step in self.steps if step.number in wanted])


THEMES: Sequence[Mapping[str, int]] = (
    {},
    {},
    {"alert_hold": 8, "hold": 4, "cancel": 6, "sell": 4, "kill_midway": 12, "few": 1},
    {"hold_slot": 8, "change": 4, "policy": 4, "undo": 3},
    {"position": 10, "erase": 4, "start_trip": 8, "check_in": 4, "kill": 3},
    {"transfer": 8, "change": 6, "collect": 4, "failover": 4, "torn": 4},
    {"hours": 8, "closure": 8, "open_state": 12, "levels": 6, "availability": 6, "cut_off": 8},
)
"""What a seed has more of: acts and faults, with factors of their weights; `few`: units."""


def planned(seed: int) -> Plan:
    """The plan of a seed."""
    rng = random.Random(f"plan {seed}")
    theme = rng.choice(THEMES)
    length_s = rng.choice((30, 60, 120, 240))
    acts, faults = rng.randint(60, 160), rng.choice((0, 4, 8, 14))
    wanted_faults = {
        kind: weight * theme.get(kind, 1)
        for kind, weight in FAULTS.items()
        if rng.random() < 0.6 or kind in theme
    }
    wanted_acts = {
        kind: weight * theme.get(kind, rng.choice((0, 1, 1, 2))) for kind, weight in ACTS.items()
    }
    wanted_acts |= {kind: max(wanted_acts[kind], 1) for kind in ("hold", "feed", "sell")}
    drawn = [(rng.uniform(0, length_s), kind) for kind in choices(rng, wanted_acts, acts)]
    if wanted_faults:
        drawn += [(rng.uniform(0, length_s), k) for k in choices(rng, wanted_faults, faults)]
    steps = [Step(n, at_s, kind) for n, (at_s, kind) in enumerate(sorted(drawn))]
    replicas = rng.choice((0, 1, 1))
    return Plan(
        seed,
        1_790_000_000 + rng.randrange(365 * 86_400),
        rng.randint(1, 2),
        rng.randint(1, 3),
        replicas,
        rng.choice(("always", "always", "everysec")),
        rng.choice((0.0, 0.02, 0.1)),
        rng.choice((1, 2) if "few" in theme else (1, 2, 5, 30)),
        steps,
        {
            "ENRAYON_HOLD_REPLICAS": str(replicas),
            "ENRAYON_HOLD_TTL_S": str(rng.choice((20, 60, 300, 7200))),
            "ENRAYON_STOCK_ALLOW_LOSS": "true",  # the files lie in memory; the run cuts them
            "ENRAYON_HOLDS_PER_SHOPPER": str(rng.choice((0, 3, 20))),
            "ENRAYON_DATABASE_TIMEOUT_S": "2",
        },
    )


def choices(rng: random.Random, weights: Mapping[str, int], count: int) -> list[str]:
    """So many kinds, by their weights."""
    return rng.choices(list(weights), list(weights.values()), k=count)
