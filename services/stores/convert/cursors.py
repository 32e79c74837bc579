"""The cursors of pages of stores that are found by travel."""

from collections.abc import Sequence
from typing import Any

from services.chassis.messages.paging import check_shape
from services.directory.hits import Cursor, Hit, cursor_after
from services.directory.journeys import Travel

NONE = -1.0
"""In a page token, the time or distance of a kind of store that had none yet."""


def travel_cursor(parts: Sequence[Any] | None, travel: Travel) -> Cursor | tuple[float, str] | None:
    """The end of the page before, from the parts of a page token.

    Raises:
        InvalidArgument: the token does not fit this list.
    """
    if parts is None:
        return None
    if not travel.by_time:
        check_shape(parts, (0.0, ""))
        return parts[0], parts[1]
    check_shape(parts, (0.0, "", 0.0, ""))
    seconds, timed, distance_m, guessed = parts
    return Cursor(
        None if seconds == NONE else (seconds, timed),
        None if distance_m == NONE else (distance_m, guessed),
    )


def end_of(
    hits: Sequence[Hit], before: Cursor | tuple[float, str] | None, travel: Travel
) -> Sequence[Any]:
    """The parts of a page token for the page after these hits."""
    if not travel.by_time:
        return hits[-1].distance_m, hits[-1].id
    timed, guessed = cursor_after(hits, before if isinstance(before, Cursor) else Cursor())
    return *(timed or (NONE, "")), *(guessed or (NONE, ""))
