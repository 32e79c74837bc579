"""The columns `mon` to `sun` of the French fuel price feed (prix-carburants.gouv.fr).

A cell is `06.30-20.00`, several joined by `;`, `closed`, or empty for not told. `00.00-00.00`,
`01.00-01.00` and `00.00-23.59` stand for the whole day. Equal times do so in a week of which most
days are whole; on a few days beside other hours they may as well mean closed.
"""

import datetime as dt
import re
from collections.abc import Mapping

from geodata.schedule.errors import ScheduleError
from geodata.schedule.formats.report import Loss, Reading, Repair, Written, with_doubts
from geodata.schedule.formats.weekly import Ranges, week_and_dates, week_expression
from geodata.schedule.model import ALL_DAY, MINUTES_PER_DAY, Schedule, TimeRange, clock_text
from geodata.schedule.writing import weekday_bits_text

COLUMNS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
_HOURS = re.compile(r"(\d\d)\.(\d\d)-(\d\d)\.(\d\d)")
_EQUAL = ("00.00-00.00", "01.00-01.00")
_WHOLE_DAY = (*_EQUAL, "00.00-23.59")
_FEWEST_WHOLE = 4
"""Days of a week that are whole, for equal times to mean that too."""
_READINGS = f"{ALL_DAY} or off"


def read(row: Mapping[str, str]) -> Reading:
    """Read the columns of a station. A day that cannot be read is UNKNOWN, with a fault."""
    week: list[Ranges | None] = []
    repairs: list[Repair] = []
    faults: list[ScheduleError] = []
    is_whole = sum(row.get(column, "") in _WHOLE_DAY for column in COLUMNS) >= _FEWEST_WHOLE
    unsure = 0
    for day, column in enumerate(COLUMNS):
        if row.get(column) in _EQUAL and not is_whole:
            faults.append(ScheduleError(column, f"could mean {_READINGS}"))
            week.append(())
            unsure |= 1 << day
            continue
        try:
            week.append(_ranges(row.get(column, ""), column, repairs))
        except ScheduleError as fault:
            faults.append(fault)
            week.append(None)
    expression = week_expression(tuple(week))
    if unsure:
        expression += f'; {weekday_bits_text(unsure)} unknown "{_READINGS}"'
    reading = Reading(expression=expression, repairs=tuple(repairs), faults=tuple(faults))
    return with_doubts(reading, "hours")


def write(schedule: Schedule, first: dt.date) -> Written[dict[str, str]]:
    """Write the columns. Dates with other hours, from `first` on, are lost."""
    plan = week_and_dates(schedule, first)
    row = {}
    for column, ranges in zip(COLUMNS, plan.week, strict=True):
        row[column] = "" if ranges is None else ";".join(map(_text, ranges)) or "closed"
    losses = plan.losses
    if plan.exceptions:
        losses += (Loss("exceptions", f"{len(plan.exceptions)} are left out"),)
    return Written(row, losses)


def _ranges(cell: str, column: str, repairs: list[Repair]) -> Ranges | None:
    if not cell:
        return None
    if cell == "closed":
        return ()
    ranges = []
    for text in cell.split(";"):
        if text in _WHOLE_DAY:
            repairs.append(Repair(column, text, str(ALL_DAY), "stands for the whole day"))
            ranges.append(ALL_DAY)
            continue
        times = _HOURS.fullmatch(text)
        if not times:
            raise ScheduleError(column, f"no hours: {text[:20]!r}", suggestion="06.30-20.00")
        opens, closes = f"{times[1]}:{times[2]}", f"{times[3]}:{times[4]}"
        ranges.append(TimeRange.of(opens, closes, field=column))
    return tuple(ranges)


def _text(hours: TimeRange) -> str:
    if hours == ALL_DAY:
        return "00.00-23.59"
    closes_min = hours.closes_min % MINUTES_PER_DAY
    return f"{clock_text(hours.opens_min)}-{clock_text(closes_min)}".replace(":", ".")
