"""What a swarm covers, and the least that it must cover."""

from collections import Counter
from collections.abc import Iterator, Mapping

from google.protobuf.descriptor import MethodDescriptor
from google.protobuf.descriptor_pb2 import MethodOptions

from enrayon.events.v1 import events_pb2
from enrayon.geofence.v1 import geofence_pb2
from enrayon.hours.v1 import hours_pb2
from enrayon.stock.v1 import stock_pb2
from enrayon.stores.v1 import stores_pb2
from tests.simulation.laws import NEXT
from tests.simulation.plan import ACTS, FAULTS

LEAST = 20
"""Times that each thing must have happened in a swarm."""
LEAST_SHARE = 0.5
"""Of the acts that succeed."""
READS = {
    "read_hold", "list_holds", "availability", "levels", "walk", "open_state", "read_store",
    "read_trip",
}  # fmt: skip
NOT_SIMULATED = {
    "StreamPositions": "its stream goes both ways; ReportPositions takes the same turns",
    "StreamEvents": "webhooks take all events",
    "AckEvents": "webhooks take all events",
}
"""Writing methods that no act calls, and why."""
TRIPS = ("STARTED", "APPROACHING", "ARRIVED", "COMPLETED", "CANCELED")
SLOTS = ("slot taken", "slot given back", "slot full")
EVENTS = ("event told", "event accepted", "event put off", "event tried again")
OTHERS = ("contended hold", "failover in the midst of a commit")


def writing_methods() -> Iterator[MethodDescriptor]:
    """Yields the public methods that change something, of the services that are simulated."""
    for module in (stores_pb2, hours_pb2, stock_pb2, geofence_pb2, events_pb2):
        for service in module.DESCRIPTOR.services_by_name.values():
            for method in service.methods:
                level = method.GetOptions().idempotency_level
                if level != MethodOptions.NO_SIDE_EFFECTS and method.name not in NOT_SIMULATED:
                    yield method


def wanted() -> Iterator[str]:
    """Yields the names of all counts that have a least."""
    yield from (f"{method.name} done" for method in writing_methods())
    yield from (
        f"hold {before or 'nothing'} -> {after}"
        for before, afters in NEXT.items()
        for after in sorted(afters)
        if before != after
    )
    yield from (f"trip {state}" for state in TRIPS)
    yield from (*SLOTS, *EVENTS, *OTHERS)
    yield from (f"fault {kind}" for kind in FAULTS)
    yield from (f"{fault} during {act}" for fault in FAULTS for act in ACTS)


def lacking(counts: Mapping[str, int]) -> list[str]:
    """What happened less often than it must."""
    numbers = ((name, counts.get(name, 0)) for name in wanted())
    found = [f"{name}: {number} of {LEAST}" for name, number in numbers if number < LEAST]
    share = share_done(counts)
    if share < LEAST_SHARE:
        found.append(f"acts that succeed: {share:.0%} of {LEAST_SHARE:.0%}")
    return found


def share_done(counts: Mapping[str, int]) -> float:
    """The share of calls that succeeded."""
    done = sum(count for name, count in counts.items() if name.endswith(" done"))
    refused = sum(count for name, count in counts.items() if " refused " in name)
    return done / max(1, done + refused)


def told(counts: Counter[str]) -> Iterator[str]:
    """Yields the lines of the table of a swarm; pairs of fault and act by their least alone."""
    pairs = {f"{fault} during {act}" for fault in FAULTS for act in ACTS}
    for name in sorted({*counts, *wanted()} - pairs):
        yield f"  {counts[name]:9,} {name}"
    least = min(pairs, key=lambda pair: counts[pair])
    yield f"  {sum(counts[pair] for pair in pairs):9,} pairs of fault and act in {len(pairs)} kinds"
    yield f"  {counts[least]:9,} {least}, the rarest"
    yield f"  {share_done(counts):9.0%} of calls succeeded"


def is_writing(kind: str) -> bool:
    """True for an act that changes something."""
    return kind in ACTS and kind not in READS
