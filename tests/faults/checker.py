"""Judges a history of holds: the answers that clients got, against the stock in the end.

Every answer carries the number of its change for each product, among all changes of that level. So
the order of all changes is known and need not be searched for: they are sorted by number, replayed,
and compared with the clocks of the clients. Places in slots have no number: a client surely has one
from the answer that gave it to the call that ends it, and those times are compared. Each change of
a hold counts its revision up and tells one event, which is numbered with it.
"""

from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

CHANGES = {
    "reserve": (1, 0),
    "update": (1, 0),
    "missing": (-1, 0),
    "cancel": (-1, 0),
    "collect": (-1, 1),
    "undo": (1, -1),
}
"""Kind of act -> what one of its units changes: units that are reserved, that were handed over."""


@dataclass(slots=True)
class Act:
    """One change as its client saw it."""

    kind: str
    """One of `CHANGES`."""
    hold: str
    began: float
    ended: float
    outcome: str
    """`done`, `refused`, or `unknown`: even retries got no answer."""
    units: Mapping[str, int] = field(default_factory=dict)
    """SKU -> units of the change; those of an update are the difference and may be negative."""
    versions: Mapping[str, int] = field(default_factory=dict)
    """SKU -> the number of the change; None for a call that was answered with a later state."""
    slot: str = ""
    """The slot in which the hold has a place then; empty: in none."""

    def reserved(self, sku: str) -> int:
        """The change of reserved units."""
        return self.units.get(sku, 0) * CHANGES[self.kind][0]

    def handed(self, sku: str) -> int:
        """The change of units that were handed over."""
        return self.units.get(sku, 0) * CHANGES[self.kind][1]


@dataclass(frozen=True, slots=True)
class End:
    """The stock and the holds when all clients have stopped."""

    on_hand: Mapping[str, int]
    reserved: Mapping[str, int]
    version: Mapping[str, int]
    holds: Mapping[str, Mapping[str, int]]
    """Live hold -> SKU -> units it still holds."""
    slots: Mapping[str, str] = field(default_factory=dict)
    """Live hold -> the slot in which it has a place."""
    places: Mapping[str, int] = field(default_factory=dict)
    """Slot -> places that are counted as taken."""
    capacity: int = 0
    """Places of each slot."""
    kept: Mapping[str, tuple[int, str]] = field(default_factory=dict)
    """Hold, live or ended -> its revision and state."""
    told: Mapping[str, Sequence[tuple[int, str]]] = field(default_factory=dict)
    """Hold -> revision and state of each of its events, in their order."""
    dropped: int = 0
    """Events that made room for others, the oldest."""


@dataclass(slots=True)
class Verdict:
    """The faults that were found, and the number of acts that were judged."""

    acts: int = 0
    oversold: int = 0
    overbooked: int = 0
    lost: int = 0
    both: int = 0
    """Holds that were released and still hold."""
    events: int = 0
    faults: list[str] = field(default_factory=list)

    def __str__(self) -> str:
        """The figures."""
        return (
            f"{self.acts} acts, {self.events} events, oversold {self.oversold}, overbooked "
            f"{self.overbooked}, lost {self.lost}, both held and released {self.both}, faults "
            f"{len(self.faults)}"
        )


def judge(initial: Mapping[str, int], acts: Sequence[Act], end: End) -> Verdict:
    """Judge a history."""
    verdict = Verdict(len(acts))
    done = [act for act in acts if act.outcome == "done"]
    unknown = [act for act in acts if act.outcome == "unknown"]
    of_hold: defaultdict[str, list[Act]] = defaultdict(list)
    for act in sorted((*done, *unknown), key=lambda act: act.began):
        of_hold[act.hold].append(act)
    for hold, changes in of_hold.items():
        _one_hold(verdict, hold, changes, end)
    _nothing_unasked(verdict, acts, end)
    _sums(verdict, end)
    _places(verdict, of_hold, end)
    _events(verdict, end)
    for sku, stock in initial.items():
        _one_product(verdict, sku, stock, done, unknown, end)
    return verdict


def _one_hold(verdict: Verdict, hold: str, acts: Sequence[Act], end: End) -> None:
    """A hold is in the end as its client was told last."""
    if any(act.outcome == "unknown" for act in acts):
        return  # several ends are right; the sums must fit all the same
    skus = {sku for act in acts for sku in act.units}
    told = {sku: units for sku in skus if (units := sum(act.reserved(sku) for act in acts))}
    found = {sku: units for sku, units in end.holds.get(hold, {}).items() if units}
    if told and not found:
        verdict.lost += 1
        verdict.faults.append(f"{hold} was acknowledged and is gone")
    elif found and not told:
        verdict.both += 1
        verdict.faults.append(f"{hold} was ended and still holds")
    elif told != found:
        verdict.faults.append(f"{hold} was told {told} and holds {found}")
    place = end.slots.get(hold, "")
    if acts[-1].slot != place:
        verdict.faults.append(f"{hold} was told of slot {acts[-1].slot!r} and is in {place!r}")


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


def _places(verdict: Verdict, of_hold: Mapping[str, Sequence[Act]], end: End) -> None:
    """No slot had more holds at once than places, and the count of places is right."""
    moves: defaultdict[str, list[tuple[float, int]]] = defaultdict(list)
    for acts in of_hold.values():
        place = ""
        for act in acts:
            now = act.slot if act.outcome == "done" else ""
            if place and (now != place or act.outcome == "unknown"):
                moves[place].append((act.began, -1))
                place = ""
            if now != place:
                moves[now].append((act.ended, 1))
            place = now
    for changes in moves.values():
        taken = 0
        for _, change in sorted(changes):
            taken += change
            verdict.overbooked = max(verdict.overbooked, taken - end.capacity)
    found = Counter(end.slots.values())
    for slot in {*found, *end.places}:
        counted = end.places.get(slot, 0)
        if found[slot] != counted:
            verdict.faults.append(f"{slot}: {counted} places are counted, holds have {found[slot]}")
    verdict.overbooked = max([verdict.overbooked, *(n - end.capacity for n in found.values())])
    if verdict.overbooked:
        verdict.faults.append(f"a slot had {verdict.overbooked} holds more than places")


def _events(verdict: Verdict, end: End) -> None:
    """Each change of a hold has told one event; the last one tells the state it has now."""
    for hold in {*end.kept, *end.told}:
        revision, state = end.kept.get(hold, (0, ""))
        events = end.told.get(hold, ())
        numbers = [number for number, _ in events]
        if end.dropped and not numbers:
            continue
        first = numbers[0] if end.dropped else 1
        if numbers != list(range(first, revision + 1)):
            verdict.faults.append(f"{hold} changed {revision} times and told {numbers}")
        elif events and events[-1][1] != state:
            verdict.faults.append(f"{hold} is {state} and told {events[-1][1]} last")
    verdict.events = sum(map(len, end.told.values()))


def _one_product(
    verdict: Verdict,
    sku: str,
    stock: int,
    done: Sequence[Act],
    unknown: Sequence[Act],
    end: End,
) -> None:
    touching = [act for act in done if act.units.get(sku)]
    silent = [act for act in unknown if sku in act.units]
    handed = sum(act.handed(sku) for act in touching)
    still = sum(items.get(sku, 0) for items in end.holds.values())
    promised = handed + still
    if promised > stock + sum(max(-act.handed(sku), 0) for act in silent):
        verdict.oversold += promised - stock
        verdict.faults.append(f"{sku}: {promised} of {stock} were promised")
    left = stock - end.on_hand[sku]
    least = handed + sum(min(act.handed(sku), 0) for act in silent)
    most = handed + sum(max(act.handed(sku), 0) for act in silent)
    if not least <= left <= most:
        verdict.faults.append(f"{sku}: {handed} were handed over, {left} have left")
    numbered = sorted(
        ((act.versions[sku], act) for act in touching if act.versions.get(sku) is not None),
        key=lambda pair: pair[0],
    )
    numbers = [number for number, _ in numbered]
    if len(set(numbers)) < len(numbers):
        verdict.faults.append(f"{sku}: two changes have one number")
    unnumbered = [*silent, *(act for act in touching if act.versions.get(sku) is None)]
    missing = end.version[sku] - 1 - len(set(numbers))  # the feed made the first change
    if not 0 <= missing <= len(unnumbered):
        verdict.faults.append(f"{sku}: {missing} changes belong to no act")
    _replayed(verdict, sku, stock, [act for _, act in numbered], unnumbered)
    _in_real_time(verdict, sku, [act for _, act in numbered])


def _replayed(
    verdict: Verdict, sku: str, stock: int, acts: Sequence[Act], unnumbered: Sequence[Act]
) -> None:
    on_hand, reserved = stock, 0
    for act in acts:
        reserved += act.reserved(sku)
        on_hand -= act.handed(sku)
        # A change whose number is not known may have given units back before.
        returned = sum(
            max(-other.reserved(sku) - other.handed(sku), 0)
            for other in unnumbered
            if other.began < act.ended
        )
        if act.reserved(sku) > 0 and reserved - returned > on_hand:
            verdict.oversold += reserved - returned - on_hand
            verdict.faults.append(f"{sku}: {act.hold} took what was not there")
            return


def _in_real_time(verdict: Verdict, sku: str, acts: Sequence[Act]) -> None:
    """An act that ended before another began must have the smaller number."""
    latest_begin = float("-inf")
    for act in acts:
        if act.ended < latest_begin:
            verdict.faults.append(f"{sku}: {act.hold} comes after what began when it had ended")
            return
        latest_begin = max(latest_begin, act.began)
