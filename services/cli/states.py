"""Reads opening states of stores from hours, and writes them in words and colour."""

import datetime as dt
from collections.abc import Iterable

import grpc
from rich.text import Text

from enrayon.hours.v1 import hours_pb2, hours_pb2_grpc
from services.chassis.messages.times import timestamp
from services.cli.channel import TIMEOUT_S

COLOURS = {
    hours_pb2.STATE_OPEN: "green",
    hours_pb2.STATE_CLOSED: "red",
    hours_pb2.STATE_UNKNOWN: "dim",
}
STATES_MOST = 1000


def states_of(
    channel: grpc.Channel,
    stores: Iterable[str],
    at: dt.datetime | None,
    language: str,
    service: str = "",
) -> dict[str, hours_pb2.OpenState]:
    """The opening states of stores, by store name, now or at an instant."""
    names = [f"{store}/hours" for store in stores][:STATES_MOST]
    if not names:
        return {}
    request = hours_pb2.BatchCheckOpenStatesRequest(
        names=names, at_time=timestamp(at), language_code=language, service=service
    )
    answer = hours_pb2_grpc.HoursServiceStub(channel).BatchCheckOpenStates(
        request, timeout=TIMEOUT_S
    )
    return {state.store: state for state in answer.open_states}


def in_words(state: hours_pb2.OpenState | None) -> Text:
    """A state in words and colour, with the holiday's name if a holiday decided it."""
    if state is None:
        return Text("")
    words, name = state.words, state.rule.display_name
    is_holiday = state.rule.kind == hours_pb2.RULE_KIND_HOLIDAY
    if is_holiday and name and name not in words:
        words = f"{words} ({name})"
    return Text(words, style="yellow" if state.closes_soon else COLOURS[state.state])
