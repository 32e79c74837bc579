"""Reads the options of commands that rank stores by travel time."""

from enrayon.type.v1 import travel_pb2
from services.cli.output import USAGE, CommandError


def travel(
    *, walk: bool, bike: bool, drive: bool, minutes: float | None
) -> travel_pb2.Travel | None:
    """The travel that the options ask for; None for none.

    Raises:
        CommandError: two ways are given, or minutes and no way.
    """
    modes = [
        mode
        for mode, is_given in (
            (travel_pb2.TRAVEL_MODE_WALK, walk),
            (travel_pb2.TRAVEL_MODE_BIKE, bike),
            (travel_pb2.TRAVEL_MODE_DRIVE, drive),
        )
        if is_given
    ]
    if len(modes) > 1:
        raise CommandError("--walk, --bike and --drive exclude each other", USAGE)
    if not modes:
        if minutes is not None:
            raise CommandError("--minutes needs --walk, --bike or --drive", USAGE)
        return None
    found = travel_pb2.Travel(mode=modes[0])
    if minutes is not None:
        found.max_travel_time.FromMilliseconds(round(minutes * 60_000))
    return found
