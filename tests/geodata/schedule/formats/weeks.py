"""Random weeks of hours for the round trips, and what two schedules have in common."""

import datetime as dt

from hypothesis import strategies as st

from geodata.schedule.formats.weekly import Ranges, Week, week_expression
from geodata.schedule.model import DatedException, Schedule, State, TimeRange
from geodata.schedule.timeline import Timeline
from tests.geodata.schedule.stores import PARIS

FIRST = dt.date(2026, 11, 23)


@st.composite
def ranges(draw: st.DrawFn) -> Ranges:
    """The hours of a day: none, one or two ranges apart, perhaps past midnight."""
    quarters = sorted(draw(st.sets(st.integers(0, 23 * 4), min_size=4, max_size=4)))
    opens, closes, reopens, last = (15 * quarter for quarter in quarters)
    evening = 15 * draw(st.integers(16 * 4, 24 * 4 - 1))
    overnight = TimeRange(evening, 1440 + 15 * draw(st.integers(0, 15 * 4)))
    return draw(
        st.sampled_from(
            (
                (),
                (TimeRange(0, 1440),),
                (TimeRange(opens, closes),),
                (TimeRange(opens, closes), TimeRange(reopens, last)),
                (overnight,),
            )
        )
    )


weeks = st.tuples(*[ranges()] * 7)


@st.composite
def schedules(draw: st.DrawFn) -> Schedule:
    """A plain week, with a few special days within a year."""
    week: Week = draw(weeks)
    exceptions = []
    date = FIRST + dt.timedelta(draw(st.integers(1, 30)))
    for _ in range(draw(st.integers(0, 2))):
        last = date + dt.timedelta(draw(st.integers(0, 3)))
        exceptions.append(
            DatedException(
                first_date=date,
                last_date=last,
                ranges=draw(ranges()),
                label=draw(st.sampled_from(("", "Noël"))),
            )
        )
        date = last + dt.timedelta(draw(st.integers(1, 30)))
    return Schedule(expression=week_expression(week), time_zone=PARIS, exceptions=tuple(exceptions))


def open_minutes(schedule: Schedule, days: int = 70) -> list[tuple[dt.datetime, dt.datetime]]:
    """All open intervals of some days from `FIRST` on, those that touch joined."""
    line = Timeline(schedule)
    midnight = dt.datetime.combine(FIRST, dt.time(), tzinfo=line.zone)
    end = midnight + dt.timedelta(days)
    return [
        (max(each.opens or midnight, midnight), min(each.closes or end, end))
        for each in line.intervals(FIRST, FIRST + dt.timedelta(days - 1))
        if each.state is State.OPEN
    ]
