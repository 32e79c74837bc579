"""The policy by which a store sells and hands over, and its JSON in the database."""

import enum
from dataclasses import dataclass
from functools import lru_cache
from typing import NamedTuple

import orjson


class Sell(enum.IntEnum):
    """The rule for selling more than the store has; the values are the contract's."""

    DEFAULT = 0
    DENY = 1
    BACK_ORDER = 2
    PRE_ORDER = 3


class PageLimits(NamedTuple):
    """What one address may hold at a store at a time with the key of a page; at least 1 of each."""

    holds: int = 5
    lines: int = 20
    units: int = 20
    share_percent: int = 50
    """Of all that the store can sell of a product, held or not; one unit is always allowed."""


DEFAULT_PAGE_LIMITS = PageLimits()


class SlotRule(NamedTuple):
    """The pick-up slots of a method: their length, their places, and how far ahead they are."""

    method: int
    duration_s: float
    capacity: int
    horizon_s: float = 7 * 86_400.0


@dataclass(frozen=True, slots=True)
class Policy:
    """The policy by which a store sells and hands over."""

    sell: Sell = Sell.DEFAULT
    least: int = 1
    most: int = 0
    """0: no limit."""
    limited_up_to: int = 3
    """Up to so many available units a level reads LIMITED."""
    bands_only: bool = False
    fresh_ms: int | None = None
    """Age up to which a level is believed; None: as the server is set."""
    methods: tuple[int, ...] = (1,)
    preparation_s: float = 3600.0
    cutoff_minute: int | None = None
    """Minute of the local day from which orders are prepared on the next day."""
    transfer_s: float | None = None
    """Time to bring goods from another store; None: it does not."""
    keep_s: float = 86_400.0
    """Time for which prepared goods are kept."""
    page: PageLimits = DEFAULT_PAGE_LIMITS
    hold_open_s: float = 7200.0
    """Opening time that a hold without a given life lasts at least after its goods are ready."""
    slots: tuple[SlotRule, ...] = ()
    """One rule for each method that has slots."""

    def slot_rule(self, method: int) -> SlotRule | None:
        """The rule of the slots of a method that the store offers."""
        rules = (rule for rule in self.slots if rule.method == method)
        return next(rules, None) if method in self.methods else None

    def sells(self, quantity: int) -> bool:
        """True if the store sells so many units of a product at a time."""
        return quantity >= self.least and (not self.most or quantity <= self.most)


DEFAULT_POLICY = Policy()


def policy_json(policy: Policy) -> bytes:
    """A policy as Lua and `policy_of` read it. None is left out: Lua takes null for a value."""
    record = {
        "sell": int(policy.sell),
        "min": policy.least,
        "max": policy.most,
        "few": policy.limited_up_to,
        "bands": policy.bands_only,
        "fresh_ms": policy.fresh_ms,
        "methods": list(policy.methods),
        "prep_s": policy.preparation_s,
        "cutoff": policy.cutoff_minute,
        "transfer_s": policy.transfer_s,
        "keep_s": policy.keep_s,
        "page": policy.page._asdict(),
        "open_s": policy.hold_open_s,
        "slots": [list(rule) for rule in policy.slots] or None,
    }
    return orjson.dumps({name: value for name, value in record.items() if value is not None})


@lru_cache(maxsize=10_000)
def policy_of(raw: bytes) -> Policy:
    """The policy in its JSON; the default one in empty bytes.

    Stores of one chain sell alike, and each level that is read comes with its store's policy, so
    the last 10,000 distinct ones are kept.
    """
    if not raw:
        return DEFAULT_POLICY
    record = orjson.loads(raw)
    return Policy(
        Sell(record["sell"]),
        record["min"],
        record["max"],
        record["few"],
        record["bands"],
        record.get("fresh_ms"),
        tuple(record["methods"]),
        record["prep_s"],
        record.get("cutoff"),
        record.get("transfer_s"),
        record["keep_s"],
        PageLimits(**record.get("page", {})),
        record.get("open_s", DEFAULT_POLICY.hold_open_s),
        tuple(SlotRule(*rule) for rule in record.get("slots", ())),
    )
