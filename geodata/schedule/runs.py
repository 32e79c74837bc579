"""Walk a schedule along the line of instants, forwards and back, in runs of one state."""

import bisect
import datetime as dt
import zoneinfo
from collections.abc import Callable, Hashable, Iterator
from typing import NamedTuple

from geodata.instants import END
from geodata.schedule.closures import FOR_EVER_S, closed_stretches
from geodata.schedule.day_hours import DayHours, RuledSpan, overlaid
from geodata.schedule.model import Rule, Schedule, State
from geodata.schedule.zones import DAY_S, EPOCH, EPOCH_DATE, instant_s, offset_s, segments

LOOKBACK_S = 366 * DAY_S
"""How far back the beginning of a run is looked for."""
MAX_DAYS_SEARCHED = 400
"""How many days a search ahead looks at one by one; steady stretches are skipped at no cost."""
LATEST_S = instant_s(END)
"""Where every search ends."""

_EPOCH_LABEL = EPOCH.replace(tzinfo=None)
# To find that nothing changes for decades takes milliseconds, and could go on to the year 9999.
_LEAP_S, _MAX_LEAPS = 10 * 366 * DAY_S, 4
# A steady stretch is known in labels. They differ from instants by the change of offset in it,
# at most a day (where a date was skipped); another day is kept from either end to be safe.
_MARGIN_S = 2 * DAY_S


class Run(NamedTuple):
    """Instants [start_s, end_s) in one state, in seconds since the epoch."""

    start_s: int
    end_s: int
    state: State
    comment: str
    rule: Rule


class Runs:
    """The runs of a schedule. Neighbours may be alike: `merged` joins them."""

    def __init__(self, schedule: Schedule, zone: zoneinfo.ZoneInfo) -> None:
        self._zone = zone
        self.days = DayHours(schedule, zone)
        self._closed = () if schedule.status else closed_stretches(schedule.closures, zone)
        self._bounds = sorted(
            {bound for stretch in self._closed for bound in (stretch.start_s, stretch.end_s)}
        )

    def ahead(self, start_s: int) -> Iterator[Run]:
        """The runs from an instant on, as far as changes are known."""
        leaps = 0
        for _ in range(MAX_DAYS_SEARCHED):
            end_s = min(start_s + DAY_S, LATEST_S)
            yield from self._between(start_s, end_s)
            start_s = self._steady_until(end_s)
            if start_s > end_s:
                yield self._at(end_s)._replace(end_s=start_s)
            leaps += start_s - end_s > _LEAP_S
            if start_s >= LATEST_S or leaps > _MAX_LEAPS:
                return

    def start(self, at_s: int, state: State, lookback_s: int = LOOKBACK_S) -> int:
        """When the state that holds at an instant began; at most so long before it."""
        end_s, earliest_s = at_s, at_s - lookback_s
        while end_s > earliest_s:
            start_s = max(end_s - DAY_S, earliest_s)
            for run in reversed(list(self._between(start_s, end_s))):
                if run.state is not state:
                    return run.end_s
            end_s = start_s
            # To look for a steady stretch costs more than the few days that most states last.
            if at_s - end_s > 2 * DAY_S:
                start_s = self._steady_since(end_s)
                if start_s < end_s and self._at(end_s - 1).state is state:
                    end_s = start_s
        return earliest_s

    def day(self, date: dt.date) -> tuple[RuledSpan, ...]:
        """The spans of a local date on the wall clock, closures included, for people to read."""
        spans = self.days.of(date)
        midnight_s = (date - EPOCH_DATE).days * DAY_S
        for closed in self._closed:
            start_min, end_min = (
                (self._label_s(min(bound, LATEST_S)) - midnight_s) // 60 for bound in closed[:2]
            )
            spans = overlaid(spans, RuledSpan(start_min, end_min, State.CLOSED, "", closed.rule))
        return spans

    def _between(self, start_s: int, end_s: int) -> Iterator[Run]:
        for begin_s, stop_s, offset in segments(self._zone, start_s, end_s):
            runs = self._in_segment(begin_s, stop_s, offset)
            if self._closed:
                for run in runs:
                    yield from self._with_closures(run)
            else:
                yield from runs

    def _in_segment(self, start_s: int, end_s: int, offset: int) -> Iterator[Run]:
        label_s = start_s + offset
        while label_s < end_s + offset:
            day = label_s // DAY_S
            midnight_s = day * DAY_S - offset
            for span in self.days.of(EPOCH_DATE + dt.timedelta(day)):
                begin_s = max(midnight_s + span.start_min * 60, start_s)
                stop_s = min(midnight_s + span.end_min * 60, end_s)
                if begin_s < stop_s:
                    yield Run(begin_s, stop_s, span.state, span.comment, span.rule)
            label_s = (day + 1) * DAY_S

    def _with_closures(self, run: Run) -> Iterator[Run]:
        first = bisect.bisect_right(self._closed, run.start_s, key=lambda closed: closed.end_s)
        start_s = run.start_s
        for closed in self._closed[first:]:
            if closed.start_s >= run.end_s:
                break
            if start_s < closed.start_s:
                yield run._replace(start_s=start_s, end_s=closed.start_s)
            begin_s, start_s = max(start_s, closed.start_s), min(closed.end_s, run.end_s)
            yield Run(begin_s, start_s, State.CLOSED, "", closed.rule)
        if start_s < run.end_s:
            yield run._replace(start_s=start_s)

    def _steady_until(self, at_s: int) -> int:
        """An instant from `at_s` on up to which the state at `at_s` surely holds."""
        label = self._label(at_s)
        until = self.days.steady_until(label)
        until_s = LATEST_S if until is None else at_s + _seconds(until - label) - _MARGIN_S
        bound = bisect.bisect_right(self._bounds, at_s)
        return max(at_s, min([until_s, *self._bounds[bound : bound + 1]]))

    def _steady_since(self, at_s: int) -> int:
        """An instant up to `at_s` since which the state just before `at_s` surely holds."""
        label = self._label(at_s)
        since_s = at_s - _seconds(label - self.days.steady_since(label)) + _MARGIN_S
        bound = bisect.bisect_left(self._bounds, at_s)
        return min(at_s, max([since_s, *self._bounds[:bound][-1:]]))

    def _at(self, at_s: int) -> Run:
        return next(self._between(at_s, at_s + 1))

    def _label(self, at_s: int) -> dt.datetime:
        return _EPOCH_LABEL + dt.timedelta(seconds=self._label_s(at_s))

    def _label_s(self, at_s: int) -> int:
        return at_s + offset_s(self._zone, at_s)


def merged(runs: Iterator[Run], likeness: Callable[[Run], Hashable]) -> Iterator[Run]:
    """Join neighbours that are alike. The last run has no end: no later change is known."""
    current = next(runs)
    for run in runs:
        if likeness(run) == likeness(current):
            current = current._replace(end_s=run.end_s)
        else:
            yield current
            current = run
    yield current._replace(end_s=FOR_EVER_S)


def _seconds(span: dt.timedelta) -> int:
    return span.days * DAY_S + span.seconds
