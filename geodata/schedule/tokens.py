"""Prepare the tokens of an expression, so that a parser with one token of lookahead can read them.

Three things need more context than such a parser has:

- A comma continues a list or begins an additional rule. It begins a rule where hours, a state or a
  comment stand before it and no hours after it: `Mo 9:00-12:00, Tu 9:00-10:00`. So `Mo, Tu` is a
  list, space or not.
- `Su[1]` after a month is the end of a range of dates (`Oct Su[1]-Nov 3`) or a weekday of its own.
- `+Su` after a date moves it to a weekday, while `Mo -Fr` is a range.
"""

from collections.abc import Iterator, Sequence
from typing import Any

from lark import Token
from lark.lark import PostLex

from geodata.schedule.errors import ScheduleError

_TIMES = frozenset(("SPAN", "CLOCK", "SUN"))
_SAID = frozenset(("STATE", "COMMENT", "ALWAYS"))
_BEFORE_COLON = frozenset(
    (
        *("YEAR", "MONTH", "NUMBER", "DAY", "NTH_DAY", "DATE_NTH", "HOLIDAY", "OFFSET", "EASTER"),
        *("COMMENT", "ALWAYS", "STATE", "PLUS"),
    )
)
_DATES = frozenset(("NUMBER", "DATE_NTH", "EASTER", "OFFSET"))
_PLAIN = frozenset(("SPAN", "DAY", "SEMICOLON", "DASH", "STATE"))
_AFTER_DATE = frozenset(("MONTH", "EASTER", "NUMBER", "YEAR"))


class Prepared(PostLex):
    """The step between lexer and parser."""

    always_accept = ("COLON",)

    def process(self, stream: Iterator[Any]) -> Iterator[Any]:
        """The tokens with those renamed, joined or left out that need context."""
        given = list(stream)
        if all(token.type in _PLAIN for token in given):
            return iter(given)
        return iter(_prepared(given))


def _prepared(given: Sequence[Token]) -> list[Token]:
    found: list[Token] = []
    at = 0
    while at < len(given):
        token = given[at]
        kind, before = token.type, found[-1].type if found else ""
        after = given[at + 1].type if at + 1 < len(given) else ""
        at += 1
        if kind == "COMMA":
            if _ends_rule(found, after):
                token = Token.new_borrow_pos("ADDITIONAL", token.value, token)
        elif kind == "COLON":
            if before in _BEFORE_COLON:
                continue  # `Mo-Fr: 10:00-12:00`: only for the eye
        elif kind == "NTH_DAY":
            if before == "MONTH" and _is_date(found, given[at : at + 2]):
                token = Token.new_borrow_pos("DATE_NTH", token.value, token)
        elif kind in ("DASH", "PLUS") and after == "DAY" and before in _DATES:
            day = given[at]
            if token.end_pos == day.start_pos and found[-1].end_pos != token.start_pos:
                token = Token.new_borrow_pos("OFFSET", token.value + day.value, token)
                at += 1
        if kind == "PLUS" and before in _DATES and found[-1].end_pos != token.start_pos:
            # `easter +` is an offset without its days.
            why = "'+' follows its date without a space"
            raise ScheduleError("expression", why, position=token.start_pos, suggestion="Dec 01+")
        found.append(token)
    return found


def _ends_rule(found: Sequence[Token], after: str) -> bool:
    """True if a comma ends the rule that was found so far."""
    if not found:
        return False
    last = found[-1].type
    if last == "PLUS" and len(found) > 1:
        last = found[-2].type
    return last in _SAID or (last in _TIMES and after not in _TIMES)


def _is_date(found: Sequence[Token], after: Sequence[Token]) -> bool:
    """True if `[1]` after the month that was found last belongs to a date."""
    following = [token.type for token in after]
    if following[:1] in (["DASH"], ["OFFSET"]):
        return True
    if following[:1] == ["COMMA"] and following[1:] and following[1] in _AFTER_DATE:
        return True
    earlier = [token.type for token in found[-4:-1]]  # what stands before the month
    if earlier and earlier[-1] == "YEAR":
        earlier.pop()
    return len(earlier) >= 2 and earlier[-1] in ("DASH", "COMMA") and earlier[-2] in _DATES
