"""Converts fixes of the contract, one by one or in columns; gives outcomes their codes."""

from collections.abc import Sequence

import numpy as np

from enrayon.geofence.v1 import geofence_pb2 as pb
from geodata.fences import FenceError
from geodata.fences.state import Fix
from geodata.fences.tracking import Verdict
from geodata.points import Point
from services.geofence.model.roaming import FixColumns

OUTCOMES = {
    Verdict.APPLIED: pb.FixResult.OUTCOME_APPLIED,
    Verdict.IMPLAUSIBLE: pb.FixResult.OUTCOME_IMPLAUSIBLE,
    Verdict.LATE: pb.FixResult.OUTCOME_LATE,
    Verdict.DUPLICATE: pb.FixResult.OUTCOME_DUPLICATE,
    Verdict.AHEAD: pb.FixResult.OUTCOME_AHEAD,
}
_MAX_SECONDS = 1 << 43
"""Greater numbers of seconds would overflow a column of milliseconds. `fix` refuses them too."""


def fix(message: pb.Fix, now_ms: int) -> Fix:
    """The fix of a message.

    Raises:
        ValueError: names the field that cannot be used, without its value, which is private.
    """
    if not 1 <= len(message.device_id) <= 200:
        raise ValueError("device_id: must have 1 to 200 characters")
    if not message.HasField("location"):
        raise ValueError("location: must be set")
    latitude, longitude = message.location.latitude, message.location.longitude
    if not (-90 <= latitude <= 90 and -180 <= longitude <= 180):
        raise ValueError("location: must be in [-90, 90] and [-180, 180]")
    at = message.device_time
    time_ms = (
        at.seconds * 1000 + at.nanos // 1_000_000 if message.HasField("device_time") else now_ms
    )
    if time_ms < 0:
        raise ValueError("device_time: must not be before 1970")
    try:
        return Fix(
            point=Point(latitude, longitude),
            time_ms=time_ms,
            sequence=message.sequence or time_ms,
            accuracy_m=message.accuracy_m or None,
        )
    except FenceError as fault:
        raise ValueError(f"{fault.field}: out of range") from None


def fix_columns(messages: Sequence[pb.Fix]) -> FixColumns:
    """The fixes of messages as columns.

    A row is valid only if `fix` takes its message and its location and time are surely set. The
    device's id is not checked: a device with an invalid id has no record, and devices without a
    record are decided one by one.
    """
    locations = [message.location for message in messages]
    times = [message.device_time for message in messages]
    latitudes = np.array([location.latitude for location in locations])
    longitudes = np.array([location.longitude for location in locations])
    seconds = np.array([time.seconds for time in times])
    nanos = np.array([time.nanos for time in times])
    sequences = np.array([message.sequence for message in messages])
    accuracies_m = np.array([message.accuracy_m for message in messages])
    is_valid = (
        (np.abs(latitudes) <= 90)
        & (np.abs(longitudes) <= 180)
        # A field that is not set reads as 0.
        & ((latitudes != 0) | (longitudes != 0))
        & (seconds > 0)
        & (seconds < _MAX_SECONDS)
        & (nanos >= 0)
        & (sequences >= 0)
        & (accuracies_m >= 0)
        & np.isfinite(accuracies_m)
    )
    times_ms = np.where(is_valid, seconds, 0) * 1000 + nanos // 1_000_000
    return FixColumns(
        latitudes,
        longitudes,
        times_ms,
        np.where(sequences == 0, times_ms, sequences),
        np.abs(accuracies_m),  # -0 is kept as 0
        accuracies_m != 0,
        is_valid,
    )
