"""Open, closed or unknown at an instant, since when, until when, by which rule."""

import datetime as dt
import functools
import itertools
import zoneinfo
from collections.abc import Iterator
from dataclasses import dataclass

from geodata.instants import check_instant
from geodata.schedule.closures import FOR_EVER_S
from geodata.schedule.day_hours import RuledSpan
from geodata.schedule.errors import ScheduleError
from geodata.schedule.model import Rule, Schedule, State
from geodata.schedule.runs import LOOKBACK_S, Run, Runs, merged
from geodata.schedule.zones import DAY_S, instant_of, instant_s, start_of_date

MAX_DAYS_LISTED = 400
"""The longest range of dates whose intervals are listed."""
_WEEK_S = 7 * DAY_S


@dataclass(frozen=True, slots=True)
class OpenState:
    """The answer for one instant. Its instants are in UTC."""

    state: State
    since: dt.datetime | None
    """When the state began; None if that is a year ago or more."""
    until: dt.datetime | None
    """When the state ends; None if no end is known."""
    rule: Rule
    """The rule that decides at the instant asked."""
    comment: str
    """The comment of the hours, or why they are UNKNOWN."""


@dataclass(frozen=True, slots=True)
class OpenInterval:
    """A stretch of hours that are OPEN, or UNKNOWN."""

    date: dt.date
    """The local date on which it begins, or the first one listed if it began before."""
    opens: dt.datetime | None
    """In UTC; None if that is a year before or more."""
    closes: dt.datetime | None
    """In UTC, exclusive; None if no end is known."""
    state: State
    rule: Rule
    """The rule that decided its beginning."""
    comment: str


class _Answer:
    """All that is said of an instant, which holds for later ones up to the next change."""

    def __init__(self, runs: Runs, at_s: int) -> None:
        self.from_s = at_s
        self.to_s = next(runs.ahead(at_s)).end_s
        self._known: list[Run] = []
        self._unknown = _states(runs, at_s)
        self._runs = runs
        self.run = next(self._states())

    @functools.cached_property
    def state(self) -> OpenState:
        run, at_s = self.run, self.from_s
        since_s = self._runs.start(at_s, run.state)
        since = instant_of(since_s) if since_s > at_s - LOOKBACK_S else None
        return OpenState(run.state, since, _end(run), run.rule, run.comment)

    @functools.cached_property
    def next_opening(self) -> dt.datetime | None:
        later = itertools.islice(self._states(), 1, None)
        return next((instant_of(run.start_s) for run in later if run.state is State.OPEN), None)

    @functools.cached_property
    def next_closing(self) -> dt.datetime | None:
        return next((_end(run) for run in self._states() if run.state is State.OPEN), None)

    def _states(self) -> Iterator[Run]:
        """The runs from the instant on; what one caller has looked for serves the next."""
        for number in itertools.count():
            if number == len(self._known):
                self._known.extend(itertools.islice(self._unknown, 1))
            if number == len(self._known):
                return
            yield self._known[number]


class Timeline:
    """A schedule along the line of instants; the last answer is remembered while it holds.

    Hours are evaluated as wall-clock labels. In a daylight-saving gap a label belongs to no
    instant and is not moved; in a fold both its instants get the same answer. Every method raises
    a `ScheduleError` for an instant without UTC offset or out of range.
    """

    def __init__(self, schedule: Schedule) -> None:
        self.schedule = schedule
        self.zone = zoneinfo.ZoneInfo(schedule.time_zone or "UTC")
        self._runs = Runs(schedule, self.zone)
        self._last: _Answer | None = None

    def state_at(self, at: dt.datetime) -> OpenState:
        """The state at an instant, for how long, and why."""
        return self._answer(instant_in_range(at)).state

    def next_opening(self, at: dt.datetime) -> dt.datetime | None:
        """The first instant after `at` at which OPEN hours begin, None if none is known."""
        return self._answer(instant_in_range(at)).next_opening

    def next_closing(self, at: dt.datetime) -> dt.datetime | None:
        """The first instant after `at` at which OPEN hours end, None if none is known."""
        return self._answer(instant_in_range(at)).next_closing

    def next_change(self, at: dt.datetime) -> dt.datetime | None:
        """When state or comment next change, None if no change is known."""
        ahead = self._runs.ahead(instant_in_range(at))
        return _end(next(merged(ahead, lambda run: (run.state, run.comment))))

    def closes_soon(self, at: dt.datetime, within: dt.timedelta) -> bool:
        """True if it is open now, and closes within a time."""
        open_s = self._open_s(at)
        return open_s is not None and open_s <= within.total_seconds()

    def open_for(self, at: dt.datetime, minutes: float) -> bool:
        """True if it is open now, and stays so for at least so many minutes."""
        open_s = self._open_s(at)
        return open_s is not None and open_s >= minutes * 60

    def intervals(self, first: dt.date, last: dt.date) -> list[OpenInterval]:
        """The hours, OPEN or UNKNOWN, that overlap the local dates from first to last, both whole.

        The first may have begun before and the last may end after these dates; they are not cut.

        Raises:
            ScheduleError: if the dates are in the wrong order or more than `MAX_DAYS_LISTED`.
        """
        if not 0 <= (last - first).days < MAX_DAYS_LISTED:
            raise ScheduleError(
                "dates", f"from {first} to {last} is not a range of 1 to {MAX_DAYS_LISTED} days"
            )
        midnight = dt.time(tzinfo=dt.UTC)
        for date in (first, last):
            instant_in_range(dt.datetime.combine(date, midnight))
        start_s = start_of_date(self.zone, first)
        end_s = start_of_date(self.zone, last + dt.timedelta(1))
        found = []
        for run in _states(self._runs, start_s):
            if run.start_s >= end_s:
                break
            if run.state is not State.CLOSED:
                begins = instant_of(run.start_s)
                before = run.start_s == start_s
                opens = self._answer(start_s).state.since if before else begins
                date = begins.astimezone(self.zone).date()
                found.append(OpenInterval(date, opens, _end(run), run.state, run.rule, run.comment))
        return found

    def day(self, date: dt.date) -> tuple[RuledSpan, ...]:
        """The hours of a local date on the wall clock, midnight to midnight without a gap.

        Meant for drawing: it says nothing about hours that a change of the clocks skips or repeats.
        """
        return self._runs.day(date)

    def bounds_s(self, at_s: int, lookback_s: int) -> tuple[State, int, int]:
        """The state at an instant, and [since, until) in which it holds, in epoch seconds.

        `since` is when it began, but at most so long before the instant. `until` is when it ends;
        for hours that are not OPEN it may be earlier, at least a week after the instant.
        """
        ahead = self._runs.ahead(at_s)
        run = next(ahead)
        until_s = run.end_s
        # A comment that changes from day to day would be followed for a year.
        latest_s = FOR_EVER_S if run.state is State.OPEN else at_s + _WEEK_S
        for later in ahead:
            if later.state is not run.state or until_s >= latest_s:
                break
            until_s = later.end_s
        else:
            until_s = FOR_EVER_S
        return run.state, self._runs.start(at_s, run.state, lookback_s), until_s

    def _answer(self, at_s: int) -> _Answer:
        if self._last is None or not self._last.from_s <= at_s < self._last.to_s:
            self._last = _Answer(self._runs, at_s)
        return self._last

    def _open_s(self, at: dt.datetime) -> int | None:
        """How long it stays open, in seconds, if it is."""
        at_s = instant_in_range(at)
        answer = self._answer(at_s)
        return answer.run.end_s - at_s if answer.run.state is State.OPEN else None


def instant_in_range(at: dt.datetime) -> int:
    """Seconds since the epoch of an instant that schedules can be asked about.

    Raises:
        ScheduleError: if it has no UTC offset or lies out of range.
    """
    if at.tzinfo is None:
        raise ScheduleError("at", "an instant needs a UTC offset", suggestion="Z")
    try:
        check_instant(at)
    except ValueError as error:
        raise ScheduleError("at", str(error)) from None
    return instant_s(at)


@functools.lru_cache(maxsize=4096)
def timeline(schedule: Schedule) -> Timeline:
    """The timeline of a schedule, the same one for equal schedules."""
    return Timeline(schedule)


def _states(runs: Runs, at_s: int) -> Iterator[Run]:
    return merged(runs.ahead(at_s), lambda run: run.state)


def _end(run: Run) -> dt.datetime | None:
    return None if run.end_s == FOR_EVER_S else instant_of(run.end_s)
