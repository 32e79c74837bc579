"""Open states of schedules at an instant. One `States` serves one call and computes each once."""

import datetime as dt
from typing import NamedTuple

from enrayon.hours.v1 import hours_pb2
from geodata.schedule.model import Schedule, State
from geodata.schedule.timeline import Timeline, timeline
from geodata.schedule.words import SOON, in_words
from services.chassis.messages.times import timestamp
from services.hours import convert
from services.hours.model import minutes_of


class Question(NamedTuple):
    """The question to each schedule."""

    at: dt.datetime
    language: str = "en"
    open_for_minutes: int = 0
    soon: dt.timedelta = SOON


class States:
    """The answers to one question."""

    def __init__(self, question: Question) -> None:
        self._question = question
        self._known: dict[Schedule, hours_pb2.OpenState] = {}

    def of(
        self, schedule: Schedule, cut_offs: hours_pb2.CutOffs, store: str, service: str = ""
    ) -> hours_pb2.OpenState:
        """The state of a store or of a service in it."""
        known = self._known.get(schedule)
        if known is None:
            known = self._known[schedule] = open_state(schedule, self._question)
        result = hours_pb2.OpenState()
        result.CopyFrom(known)
        result.store, result.service = store, service
        if cut_offs.ByteSize():
            times = cut_off_times(timeline(schedule), self._question.at, cut_offs)
            result.cut_off_times.CopyFrom(times)
        return result


def open_state(schedule: Schedule, question: Question) -> hours_pb2.OpenState:
    """The state of a schedule."""
    line, at = timeline(schedule), question.at
    now = line.state_at(at)
    rules = schedule.holidays
    return hours_pb2.OpenState(
        state=convert.STATES[now.state],
        at_time=timestamp(at),
        since_time=timestamp(now.since),
        until_time=timestamp(now.until),
        rule=convert.rule(now.rule, rules, question.language),
        comment=now.comment,
        next_open_time=timestamp(line.next_opening(at)),
        next_close_time=timestamp(line.next_closing(at)),
        next_change_time=timestamp(line.next_change(at)),
        closes_soon=line.closes_soon(at, question.soon),
        open_long_enough=line.open_for(at, question.open_for_minutes),
        words=in_words(line, at, question.language, question.soon),
        time_zone=schedule.time_zone,
    )


def cut_off_times(
    line: Timeline, at: dt.datetime, cut_offs: hours_pb2.CutOffs
) -> hours_pb2.CutOffTimes:
    """When orders end, of the present or the next stretch of open hours."""
    result = hours_pb2.CutOffTimes()
    closes = line.next_closing(at)
    if closes:
        if cut_offs.HasField("order_before_close_minutes"):
            before = dt.timedelta(minutes=cut_offs.order_before_close_minutes)
            result.order_time.FromDatetime(closes - before)
        if cut_offs.HasField("pickup_before_close_minutes"):
            before = dt.timedelta(minutes=cut_offs.pickup_before_close_minutes)
            result.pickup_time.FromDatetime(closes - before)
    if cut_offs.same_day_order_until:
        until = same_day_until(line, at, minutes_of(cut_offs.same_day_order_until))
        if until:
            result.same_day_order_time.FromDatetime(until)
    return result


def same_day_until(line: Timeline, at: dt.datetime, minutes: int) -> dt.datetime | None:
    """The cut-off of the local date of `at`; None if it is past, or the date has no hours left."""
    local = at.astimezone(line.zone)
    clock = dt.time(*divmod(minutes, 60), tzinfo=line.zone)
    until = dt.datetime.combine(local.date(), clock).astimezone(dt.UTC)
    if until <= at:
        return None
    opens = at if line.state_at(at).state is State.OPEN else line.next_opening(at)
    if opens is None or opens.astimezone(line.zone).date() != local.date():
        return None
    return until
