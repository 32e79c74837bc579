"""Which of many stores are open at an instant: equal schedules are evaluated once and remembered.

A filter over 10,000 stores is then two array look-ups. What is remembered is, for each distinct
schedule, its state and the instants [since, until) for which that holds.
"""

import dataclasses
import datetime as dt
from collections import Counter
from collections.abc import Callable, Sequence
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

from geodata.schedule.closures import FOR_EVER_S
from geodata.schedule.expression import follows_holidays, follows_sun
from geodata.schedule.model import HolidayRules, Schedule, State
from geodata.schedule.timeline import Timeline, instant_in_range

NO_HOURS = 0
"""The id of stores without a schedule: UNKNOWN, never open."""
MAX_LANES = 8
"""How many instants are remembered side by side: now, and those that people ask about."""
_NEAR_S = 6 * 3600
"""Instants so far apart share a lane."""
_NO_HOLIDAYS = HolidayRules()


_Timelines: TypeAlias = list[Timeline | Schedule | Callable[[], Schedule] | None]
"""By id; what a timeline is made of stands for it until it is first asked."""


class OpenStates:
    """Distinct schedules by small integer ids, and masks of those that are open."""

    def __init__(self) -> None:
        self._ids: dict[Schedule, int] = {}
        self._timelines: _Timelines = [None]
        self._uses: Counter[int] = Counter()
        self._free: list[int] = []
        self._lanes: list[_Lane] = []

    def add(self, schedule: Schedule) -> int:
        """The id of a schedule, the same for those that are open at the same times."""
        key = _essence(schedule)
        number = self._ids.get(key)
        if number is None:
            number = self._free.pop() if self._free else len(self._timelines)
            self._ids[key] = number
            self._timelines[number:] = [key, *self._timelines[number + 1 :]]
        self._uses[number] += 1
        return number

    def add_later(self, make: Callable[[], Schedule]) -> int:
        """A new id, for good, of a schedule that is made when it is first asked."""
        self._timelines.append(make)
        return len(self._timelines) - 1

    def remove(self, number: int) -> None:
        """Take back one `add`; an id that nobody holds any more may be given out again."""
        self._uses[number] -= 1
        if self._uses[number] == 0:
            held = self._timelines[number]
            key = held.schedule if isinstance(held, Timeline) else held
            assert isinstance(key, Schedule)
            del self._ids[key], self._uses[number]
            self._timelines[number] = None
            self._free.append(number)
            for lane in self._lanes:
                lane.forget(number)

    def open_at(self, numbers: NDArray[np.int_], at: dt.datetime) -> NDArray[np.bool_]:
        """For each id, whether its schedule is OPEN at an instant; same shape as `numbers`."""
        return self._lane(numbers, at).is_open[numbers]

    def open_each(
        self, numbers: NDArray[np.int_], instants: Sequence[dt.datetime]
    ) -> NDArray[np.bool_]:
        """For each id, whether its schedule is OPEN at its own instant.

        The states at the first instant hold for most of the others; the rest is asked one by one.
        """
        if not instants:
            return np.zeros(0, np.bool_)
        lane = self._lane(numbers, min(instants))
        at_s = np.array([instant_in_range(at) for at in instants])
        is_known = (lane.since_s[numbers] <= at_s) & (at_s < lane.until_s[numbers])
        result: NDArray[np.bool_] = lane.is_open[numbers] & is_known
        for place in np.flatnonzero(~is_known).tolist():
            [result[place]] = self.open_at(numbers[place : place + 1], instants[place])
        return result

    def open_for(
        self, numbers: NDArray[np.int_], at: dt.datetime, minutes: float
    ) -> NDArray[np.bool_]:
        """For each id, whether it is OPEN at an instant and for at least so many minutes more."""
        lane = self._lane(numbers, at)
        long_enough = lane.is_open & (lane.until_s - instant_in_range(at) >= minutes * 60)
        return long_enough[numbers]

    def _lane(self, numbers: NDArray[np.int_], at: dt.datetime) -> "_Lane":
        """The remembered states, those of the ids brought to an instant."""
        at_s = instant_in_range(at)
        nearest = min(self._lanes, key=lambda lane: abs(lane.at_s - at_s), default=None)
        if nearest is None or abs(nearest.at_s - at_s) > _NEAR_S:
            nearest = nearest.copy() if nearest else _Lane()
            self._lanes = self._lanes[-(MAX_LANES - 1) :]
        else:
            self._lanes.remove(nearest)
        self._lanes.append(nearest)
        nearest.bring(at_s, self._timelines, numbers)
        return nearest


@dataclasses.dataclass(slots=True)
class _Lane:
    """State, since and until of every distinct schedule around one instant; row 0 is NO_HOURS."""

    at_s: int = 0
    is_open: NDArray[np.bool_] = dataclasses.field(default_factory=lambda: np.zeros(1, np.bool_))
    since_s: NDArray[np.int64] = dataclasses.field(default_factory=lambda: np.full(1, -FOR_EVER_S))
    until_s: NDArray[np.int64] = dataclasses.field(default_factory=lambda: np.full(1, FOR_EVER_S))

    def copy(self) -> "_Lane":
        return _Lane(self.at_s, self.is_open.copy(), self.since_s.copy(), self.until_s.copy())

    def forget(self, number: int) -> None:
        if number < self.until_s.size:
            self.is_open[number] = False
            self.until_s[number] = self.since_s[number]

    def bring(self, at_s: int, timelines: "_Timelines", numbers: NDArray[np.int_]) -> None:
        new = len(timelines) - self.is_open.size
        if new:
            self.is_open = np.pad(self.is_open, (0, new))
            self.since_s = np.pad(self.since_s, (0, new))
            self.until_s = np.pad(self.until_s, (0, new))
        stale = (at_s < self.since_s) | (at_s >= self.until_s)
        if stale.any():
            asked = np.zeros(stale.size, np.bool_)
            asked[numbers] = True
            stale &= asked
        for number in np.flatnonzero(stale):
            timeline = timelines[number]
            if timeline is not None:
                if not isinstance(timeline, Timeline):
                    schedule = timeline if isinstance(timeline, Schedule) else timeline()
                    timeline = timelines[number] = Timeline(schedule)
                state, since_s, until_s = timeline.bounds_s(at_s, _NEAR_S)
                self.is_open[number] = state is State.OPEN
                self.since_s[number], self.until_s[number] = since_s, until_s
        self.at_s = at_s


def _essence(schedule: Schedule) -> Schedule:
    """The schedule without what does not change when it is open, so that more are equal."""
    rules = schedule.holidays
    if not (rules.on_public_holiday or follows_holidays(schedule.expression)):
        rules = _NO_HOLIDAYS
    location = schedule.location
    if location is not None and not follows_sun(schedule.expression):
        location = None
    if rules == schedule.holidays and location is schedule.location:
        return schedule
    return dataclasses.replace(schedule, holidays=rules, location=location)
