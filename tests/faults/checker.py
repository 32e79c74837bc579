"""Judges a history of holds: the answers that clients got, against the stock in the end.

Every answer carries the number of its change for each product, among all changes of that level. So
the order of all changes is known and need not be searched for: they are sorted by number, replayed,
and compared with the clocks of the clients.
"""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field


@dataclass(slots=True)
class Act:
    """One change as its client saw it."""

    kind: str
    """`reserve`, `cancel` or `collect`."""
    hold: str
    began: float
    ended: float
    outcome: str
    """`done`, `refused`, or `unknown`: even retries got no answer."""
    units: Mapping[str, int] = field(default_factory=dict)
    """SKU -> units that the change held, gave back or handed over."""
    versions: Mapping[str, int] = field(default_factory=dict)
    """SKU -> the number of the change; None for a call that was answered with a later state."""


@dataclass(frozen=True, slots=True)
class End:
    """The stock and the holds when all clients have stopped."""

    on_hand: Mapping[str, int]
    reserved: Mapping[str, int]
    version: Mapping[str, int]
    holds: Mapping[str, Mapping[str, int]]
    """Live hold -> SKU -> units it still holds."""


@dataclass(slots=True)
class Verdict:
    """The faults that were found, and the number of acts that were judged."""

    acts: int = 0
    oversold: int = 0
    lost: int = 0
    faults: list[str] = field(default_factory=list)


def judge(initial: Mapping[str, int], acts: Sequence[Act], end: End) -> Verdict:
    """Judge a history."""
    verdict = Verdict(len(acts))
    done = [act for act in acts if act.outcome == "done"]
    unknown = [act for act in acts if act.outcome == "unknown"]
    _acknowledged_are_there(verdict, done, unknown, end)
    _nothing_unasked(verdict, acts, end)
    _sums(verdict, end)
    for sku, stock in initial.items():
        _one_product(verdict, sku, stock, done, unknown, end)
    return verdict


def _acknowledged_are_there(
    verdict: Verdict, done: Sequence[Act], unknown: Sequence[Act], end: End
) -> None:
    ended = {act.hold for act in (*done, *unknown) if act.kind != "reserve"}
    for act in done:
        if act.kind == "reserve" and act.hold not in ended and act.hold not in end.holds:
            verdict.lost += 1
            verdict.faults.append(f"{act.hold} was acknowledged and is gone")
    gone = {act.hold for act in done if act.kind != "reserve"}
    for hold in gone & set(end.holds):
        verdict.faults.append(f"{hold} was ended and still holds")


def _nothing_unasked(verdict: Verdict, acts: Sequence[Act], end: End) -> None:
    """Every hold was acknowledged, or belongs to a call without an answer."""
    possible = {act.hold for act in acts if act.kind == "reserve" and act.outcome != "refused"}
    verdict.faults += [f"{hold} is nobody's" for hold in set(end.holds) - possible]


def _sums(verdict: Verdict, end: End) -> None:
    held: defaultdict[str, int] = defaultdict(int)
    for items in end.holds.values():
        for sku, units in items.items():
            held[sku] += units
    for sku, reserved in end.reserved.items():
        if reserved != held[sku]:
            verdict.faults.append(f"{sku}: {reserved} are reserved, the holds have {held[sku]}")


def _one_product(
    verdict: Verdict,
    sku: str,
    stock: int,
    done: Sequence[Act],
    unknown: Sequence[Act],
    end: End,
) -> None:
    touching = [act for act in done if act.units.get(sku)]
    silent = sum(sku in act.units for act in unknown)
    handed = sum(act.units[sku] for act in touching if act.kind == "collect")
    still = sum(items.get(sku, 0) for items in end.holds.values())
    promised = handed + still
    if promised > stock:
        verdict.oversold += promised - stock
        verdict.faults.append(f"{sku}: {promised} of {stock} were promised")
    lost_here = stock - end.on_hand[sku]
    if (
        not handed
        <= lost_here
        <= handed + sum(act.units.get(sku, 0) for act in unknown if act.kind == "collect")
    ):
        verdict.faults.append(f"{sku}: {handed} were handed over, {lost_here} have left")
    numbered = sorted(
        ((act.versions[sku], act) for act in touching if act.versions.get(sku) is not None),
        key=lambda pair: pair[0],
    )
    numbers = [number for number, _ in numbered]
    if len(set(numbers)) < len(numbers):
        verdict.faults.append(f"{sku}: two changes have one number")
    unnumbered = sum(act.versions.get(sku) is None for act in touching)
    missing = end.version[sku] - 1 - len(set(numbers))  # the feed made the first change
    if not 0 <= missing <= silent + unnumbered:
        verdict.faults.append(f"{sku}: {missing} changes belong to no act")
    _replayed(verdict, sku, stock, [act for _, act in numbered], silent + unnumbered)
    _in_real_time(verdict, sku, [act for _, act in numbered])


def _replayed(verdict: Verdict, sku: str, stock: int, acts: Sequence[Act], unnumbered: int) -> None:
    on_hand, reserved = stock, 0
    for act in acts:
        units = act.units[sku]
        if act.kind == "reserve":
            reserved += units
            # A change whose number is not known may have given units back before.
            if reserved > on_hand and not unnumbered:
                verdict.oversold += reserved - on_hand
                verdict.faults.append(f"{sku}: {act.hold} took what was not there")
                return
        else:
            reserved -= units
            on_hand -= units if act.kind == "collect" else 0


def _in_real_time(verdict: Verdict, sku: str, acts: Sequence[Act]) -> None:
    """An act that ended before another began must have the smaller number."""
    latest_begin = float("-inf")
    for act in acts:
        if act.ended < latest_begin:
            verdict.faults.append(f"{sku}: {act.hold} comes after what began when it had ended")
            return
        latest_begin = max(latest_begin, act.began)
