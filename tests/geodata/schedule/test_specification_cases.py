"""Cases of our own, written from OSM's specification, by kind.

Each text has its open and UNKNOWN (`?`) stretches of two weeks from Monday 23 November 2026 on, in
minutes since that midnight, without holidays. npm's `opening_hours` gives the same for all of them
(`tests.oracles.opening_hours_js`): for 252 of the 254 that were written beforehand (decision 16 has
the two others), while the 260 of `many parts` were kept because it does.
"""

import contextlib
import datetime as dt
import json
from pathlib import Path

import pytest

from geodata.schedule.errors import ScheduleError
from geodata.schedule.expression import Expression
from geodata.schedule.grammar import _parser
from geodata.schedule.plain import plain_rules
from geodata.schedule.reading import read, understood
from geodata.schedule.selection import never
from geodata.schedule.states import State
from geodata.schedule.writing import rules_text

CASES: dict[str, dict[str, str]] = json.loads(
    Path(__file__).with_name("specification_cases.json").read_text("utf-8")
)
FIRST = dt.date(2026, 11, 23)
TEXTS = [text for kind, texts in CASES.items() if kind != "refused" for text in texts]


def stretches(text: str) -> str:
    """The stretches of two weeks; those that only a comment parts are apart."""
    expression = Expression(text, "UTC")
    found: list[tuple[int, int, State, str]] = []
    for day in range(14):
        for span in expression.day(FIRST + dt.timedelta(day), never, never):
            if span.state is State.CLOSED:
                continue
            start, end = (day * 1440 + minute for minute in (span.start_min, span.end_min))
            if found and found[-1][1:] == (start, span.state, span.comment):
                start = found.pop()[0]
            found.append((start, end, span.state, span.comment))
    return " ".join(f"{a}-{b}{'?' if s is State.UNKNOWN else ''}" for a, b, s, _ in found)


@pytest.mark.parametrize("kind", [kind for kind in CASES if kind != "refused"])
def test_the_hours_of_a_kind_are_those_of_the_specification(kind: str) -> None:
    for text, expected in CASES[kind].items():
        assert expected == stretches(text), text


@pytest.mark.parametrize("text", CASES["refused"])
def test_what_is_no_opening_hours_is_refused_with_a_place_and_an_example(text: str) -> None:
    with pytest.raises(ScheduleError) as error:
        understood(text)
    assert error.value.position is not None
    assert 0 <= error.value.position <= len(text)
    assert error.value.suggestion


def test_there_are_so_many_cases_of_each_kind() -> None:
    assert 252 == sum(len(texts) for kind, texts in CASES.items() if kind != "many parts")
    assert 260 == len(CASES["many parts"])
    assert 8 <= min(map(len, CASES.values()))


@pytest.mark.parametrize("text", TEXTS)
def test_rules_written_and_read_again_mean_the_same(text: str) -> None:
    assert stretches(text) == stretches(rules_text(understood(text)))


@pytest.mark.parametrize("text", TEXTS)
def test_what_a_feed_says_is_read_once_and_for_all(text: str) -> None:
    found = read(text)
    again = read(found.expression)
    assert (found.expression, ()) == (again.expression, again.doubts)


@pytest.mark.parametrize("text", TEXTS)
def test_plain_texts_are_read_as_the_grammar_reads_them(text: str) -> None:
    plain = plain_rules(text)
    if plain is not None:
        assert plain == _parser().parse(text)


@pytest.mark.parametrize(
    "text",
    [
        'Mo-Fr 10:00-12:00 "by appointment"',
        'Fr-Sa unknown "10:00-03:00 or 10:00-15:00"; Su 12:00-23:00',
        'Mo-Th 10:00-20:00, Fr unknown "a; b, c || d", Sa 11:00-02:00',
        'Mo-Fr 10:00-18:00 || "please call"',
        'Mo-Fr 10:00-18:00||Sa open "ring", PH off',
        'Mo 10:00-12:00 open; Tu closed "holiday"; "" || unknown',
    ],
)
def test_states_comments_and_fallbacks_of_plain_texts_are_those_of_the_grammar(text: str) -> None:
    assert _parser().parse(text) == plain_rules(text)


@pytest.mark.parametrize(
    "text", ["Mooff", "Mo", "Mo;", "10:00-12:00 ||", '"a" "b"', '"a" open', "Mo off, 10:00-12:00"]
)
def test_what_is_not_plain_is_left_to_the_grammar(text: str) -> None:
    assert plain_rules(text) is None


@pytest.mark.parametrize("text", TEXTS)
def test_a_steady_time_is_steady_day_by_day(text: str) -> None:
    expression = Expression(text, "UTC")
    for step in range(0, 800, 97):
        date = dt.date(2026, 1, 1) + dt.timedelta(step)
        until = expression.steady_until(date)
        since = expression.steady_since(date)
        last = min(until or dt.date.max, date + dt.timedelta(500))
        first = max(since, date - dt.timedelta(400))
        days = [first + dt.timedelta(n) for n in range((last - first).days)]
        if since <= date and last > date:
            spans = {expression.plain_day(day) for day in days}
            assert 1 == len({(s[0].state, s[0].comment) for s in spans}), (date, since, until)
            assert all(len(each) == 1 for each in spans)


def test_hostile_texts_are_read_or_refused() -> None:
    for text in (
        "Mo 10:00-12:00;" * 2_000,
        " || ".join(["Mo 10:00-12:00"] * 60),
        "(" * 1_000,
        "Mo," * 300,
        "Mo[" + "1," * 400,
        "9am-5pm " * 100,
        "Mon Tue " * 120,
        "closed " * 140,
        "24h/" * 200,
    ):
        for door in (understood, read):
            with contextlib.suppress(ScheduleError):
                door(text)
