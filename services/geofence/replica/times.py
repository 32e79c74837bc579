"""Hours of fences and rules: if an instant is within them, in the time zone that they are for."""

import datetime as dt
from functools import lru_cache

from enrayon.geofence.v1 import geofence_pb2 as pb
from geodata.fences import FenceError
from geodata.schedule.errors import ScheduleError
from geodata.schedule.model import Schedule, State
from geodata.schedule.timeline import timeline
from services.directory.directory import Directory
from services.directory.keys import parse_store


def is_within(
    directory: Directory, hours: pb.Hours, store: str, at: dt.datetime, *, local: bool
) -> bool:
    """True if an instant is surely within hours.

    Args:
        directory: Of the stores.
        hours: Of a fence or a rule.
        store: The id of the store that the event is about; empty if it is about none.
        at: The instant.
        local: True to take an expression in the time zone of the store, if there is one.
    """
    if hours.WhichOneof("kind") == "store_hours":
        found = directory.schedules.of(store) if store else None
        return found is not None and timeline(found.own).state_at(at).state is State.OPEN
    zone = hours.time_zone or "UTC"
    if local and store:
        encoded = directory.stores.replica.public(store)
        zone = parse_store(encoded).time_zone if encoded else ""
        if not zone:
            return False
    schedule = schedule_of(hours.expression, zone)
    return timeline(schedule).state_at(at).state is State.OPEN


@lru_cache(4096)
def schedule_of(expression: str, time_zone: str) -> Schedule:
    """The schedule of an expression in a time zone.

    Raises:
        ScheduleError: one of them cannot be read.
    """
    return Schedule(expression=expression, time_zone=time_zone)


def problem_of(hours: pb.Hours) -> tuple[str, str] | None:
    """The field of hours that cannot be used, and why; None if they can.

    The field is empty where the fault is not one of a single field.
    """
    if hours.WhichOneof("kind") != "expression":
        return None
    try:
        schedule = schedule_of(hours.expression, hours.time_zone or "UTC")
        state = timeline(schedule).state_at(dt.datetime(2026, 1, 1, tzinfo=dt.UTC))
    except (ScheduleError, FenceError) as fault:
        return "", str(fault)
    if state.state is State.UNKNOWN and state.comment:
        return "expression", "cannot be read"
    return None
