"""Converts answers, warnings and losses of schedules to messages of the hours contract."""

import datetime as dt
from collections.abc import Iterable, Mapping
from typing import Any

from google.protobuf.struct_pb2 import Struct, Value
from google.type import date_pb2

from enrayon.hours.v1 import hours_pb2
from geodata.schedule.day_hours import RuledSpan
from geodata.schedule.formats.report import Loss, Reading
from geodata.schedule.model import DatedException, HolidayRules, Rule, RuleKind, State, clock_text
from geodata.schedule.timeline import OpenInterval
from geodata.schedule.validation import Caution
from geodata.schedule.week import WeekDay
from geodata.schedule.words import rule_name
from services.chassis.messages.times import timestamp

STATES = {
    State.OPEN: hours_pb2.STATE_OPEN,
    State.CLOSED: hours_pb2.STATE_CLOSED,
    State.UNKNOWN: hours_pb2.STATE_UNKNOWN,
}
RULE_KINDS = {
    RuleKind.REGULAR: hours_pb2.RULE_KIND_REGULAR,
    RuleKind.HOLIDAY: hours_pb2.RULE_KIND_HOLIDAY,
    RuleKind.EXCEPTION: hours_pb2.RULE_KIND_EXCEPTION,
    RuleKind.CLOSURE: hours_pb2.RULE_KIND_CLOSURE,
    RuleKind.STATUS: hours_pb2.RULE_KIND_STATUS,
}


def date(day: dt.date | None) -> date_pb2.Date | None:
    """The local date as the contract has it."""
    return day and date_pb2.Date(year=day.year, month=day.month, day=day.day)


def rule(decided: Rule, holidays: HolidayRules, language: str) -> hours_pb2.Rule:
    """The rule that decided, holidays named in the language."""
    return hours_pb2.Rule(
        kind=RULE_KINDS[decided.kind],
        display_name=rule_name(decided, holidays, language),
        date=date(decided.date),
    )


def interval(found: OpenInterval, holidays: HolidayRules, language: str) -> hours_pb2.OpenInterval:
    """A stretch of hours."""
    return hours_pb2.OpenInterval(
        local_date=date(found.date),
        open_time=timestamp(found.opens),
        close_time=timestamp(found.closes),
        state=STATES[found.state],
        rule=rule(found.rule, holidays, language),
        comment=found.comment,
    )


def local_day(day: WeekDay, holidays: HolidayRules, language: str) -> hours_pb2.LocalDay:
    """A local date with its hours."""
    return hours_pb2.LocalDay(
        date=date(day.date),
        spans=map(local_span, day.hours),
        rule=rule(day.rule, holidays, language),
        holiday=day.holiday,
    )


def local_span(span: RuledSpan) -> hours_pb2.LocalSpan:
    """A stretch of a local day."""
    return hours_pb2.LocalSpan(
        start=clock_text(span.start_min),
        end=clock_text(span.end_min),
        state=STATES[span.state],
        comment=span.comment,
    )


def warning(caution: Caution) -> hours_pb2.HoursWarning:
    """A part of hours that may not be meant."""
    return hours_pb2.HoursWarning(
        field=caution.field,
        description=caution.message,
        position=caution.position,
        suggestion=caution.suggestion,
    )


def losses(found: Iterable[Loss]) -> list[hours_pb2.Loss]:
    """A part of hours that a format cannot express."""
    return [hours_pb2.Loss(field=loss.field, description=loss.why) for loss in found]


def parsed(reading: Reading) -> hours_pb2.ParsedHours:
    """Hours that were read."""
    return hours_pb2.ParsedHours(
        expression=reading.expression,
        exceptions=map(exception, reading.exceptions),
        time_zone=reading.time_zone,
        repairs=[
            hours_pb2.Repair(
                field=repair.field, before=repair.before, after=repair.after, description=repair.why
            )
            for repair in reading.repairs
        ],
        losses=losses(reading.losses),
        faults=[
            hours_pb2.HoursWarning(
                field=fault.field,
                description=fault.message,
                position=fault.position,
                suggestion=fault.suggestion,
            )
            for fault in reading.faults
        ],
        warnings=[
            hours_pb2.HoursWarning(field="expression", description=caution)
            for caution in reading.cautions
        ],
    )


def exception(found: DatedException) -> hours_pb2.DatedException:
    """Special hours."""
    result = hours_pb2.DatedException(
        first_date=date(found.first_date), last_date=date(found.last_date), label=found.label
    )
    for hours in found.ranges:
        opens, _, closes = str(hours).partition("-")
        result.hours.add(opens=opens, closes=closes)
    return result


def struct(document: Mapping[str, Any]) -> Struct:
    """An object as protobuf has it."""
    result = Struct()
    result.update(document)
    return result


def document_of(found: Struct) -> dict[str, Any]:
    """The object in a Struct, whole numbers as such: JSON does not tell them from others."""
    return {key: _value(value) for key, value in found.fields.items()}


def _value(value: Value) -> Any:
    kind = value.WhichOneof("kind")
    if kind == "struct_value":
        return document_of(value.struct_value)
    if kind == "list_value":
        return [_value(item) for item in value.list_value.values]
    if kind == "number_value":
        number = value.number_value
        return int(number) if number.is_integer() else number
    return None if kind in (None, "null_value") else getattr(value, kind)
