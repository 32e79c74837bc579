"""Read a text of hours: OSM's grammar, the same with other spellings, or prose.

A reading is certain, or it says what could be meant. `understood` gives the rules of certain texts;
`read` gives a text in OSM's grammar in which days in doubt are UNKNOWN.
"""

import dataclasses
import functools
import itertools
import re
from typing import NamedTuple

from geodata.schedule import clock
from geodata.schedule.day_lists import with_equals_signs
from geodata.schedule.doubts import Doubt, doubts
from geodata.schedule.errors import NoSuchDateError, ScheduleError
from geodata.schedule.explanations import EXAMPLE
from geodata.schedule.grammar import (
    MAX_LENGTH,
    parse,
    rules_if_any,
    texts_of,
    without_comments,
)
from geodata.schedule.prose import Told, read_week, week_text
from geodata.schedule.repairs import Repair, with_night_kept, without_slips
from geodata.schedule.spelling import Item, items
from geodata.schedule.states import State
from geodata.schedule.syntax import MONTHS, WEEKDAYS, Rule, Separator
from geodata.schedule.writing import rules_text

_MOST_PROSE = 2000
_MOST_IMPOSSIBLE = 8
"""Dates of a text that do not exist."""
_WHYS = {
    "days": "the name of a day",
    "holiday": "the name of holidays",
    "hours": "times in another spelling",
    "open end": "times in another spelling",
    "always": "always open, in words",
    "state": "open or closed in other words",
    "comment": "words that only a comment can say",
    "quoted": "quotes of another kind",
    "comma": "a list in words",
    "dash": "a dash of another kind",
    "semicolon": "a line for each rule",
    "osm": "the name of a month",
    "date": "the day before its month",
}
_CASED = frozenset((*WEEKDAYS, *MONTHS, "PH", "SH"))
_KEYWORD = re.compile(rf"\b(?:{'|'.join(_CASED)})\b", re.IGNORECASE)
_ITEM = r"(?:Mo|Tu|We|Th|Fr|Sa|Su|PH|SH)"
_SPAN = r"\d\d:\d\d-\d\d:\d\d"
_PLAIN_RULE = rf"(?:{_ITEM}(?:[-,]{_ITEM})*+ )?(?:{_SPAN}(?:,{_SPAN})*+|off)"
_CANONICAL = re.compile(rf"{_PLAIN_RULE}(?:[;,] {_PLAIN_RULE})*+|24/7")
_NO_SPACE = re.compile(r"[A-Za-z\]]\d{1,2}:")
_HANGING = re.compile(r"^\s*[,/]|,\s*[,\]]|\[\s*,|/\s*(?:$|;)|\([^)]*$|^[^(]*\)|\(\s*\(")
"""Signs with nothing on one side. A feed may have them; a person is asked what was left out."""
_BEFORE_FIRST = ("semicolon", "nothing")
_AFTER_LAST = ("semicolon", "comma", "dot", "fallback", "nothing")


@dataclasses.dataclass(frozen=True, slots=True)
class Found:
    """The reading of a text."""

    expression: str
    """In OSM's grammar; days in doubt are UNKNOWN."""
    repairs: tuple[Repair, ...] = ()
    doubts: tuple[str, ...] = ()
    """The possible meanings, in words."""
    losses: tuple[str, ...] = ()


class _Spelled(NamedTuple):
    text: str
    repairs: tuple[Repair, ...]
    unsure: tuple["_Unsure", ...]


class _Unsure(NamedTuple):
    """Times with two readings."""

    readings: tuple[str, ...]
    position: int
    """Where they stand in the new spelling."""
    given: int
    """Where they stand in the text as given."""


@functools.lru_cache(maxsize=8192)
def understood(text: str) -> tuple[Rule, ...]:
    """The rules of a text of certain meaning.

    Raises:
        ScheduleError: with the position, and what would be right; with both readings where the
            text could mean two things.
    """
    return _certain(text)[0]


@functools.lru_cache(maxsize=4096)
def spelled(text: str) -> tuple[str, tuple[Repair, ...]]:
    """A text of certain meaning as OSM spells it, and what was spelled anew.

    Raises:
        ScheduleError: as `understood`.
    """
    rules, repairs = _certain(text)
    return (rules_text(rules) if repairs else text), repairs


@functools.lru_cache(maxsize=4096)
def read_strictly(text: str) -> Found:
    """The reading of a text by OSM's rules: valid OSM has OSM's meaning.

    `doubts` names the parts that may be meant otherwise.

    Raises:
        ScheduleError: as `understood`.
    """
    rules, repairs = _certain(text)
    kept, slips = with_night_kept(*without_slips(rules))
    why = "" if repairs else _misread_elsewhere(text, rules)
    expression = rules_text(kept) if repairs or why or kept != rules else text
    if why and expression != text:
        repairs = (Repair("expression", text, expression, why),)
    spelling = text if not repairs else rules_text(rules)
    told = tuple(doubt.message for doubt in doubts(spelling, parse(spelling)))
    return Found(expression, (*repairs, *slips), told)


@functools.lru_cache(maxsize=16_384)
def read(text: str, *, noon_is_24: bool | None = None) -> Found:
    """The reading of the text of a feed, its certain parts and its doubts.

    Args:
        text: of the feed.
        noon_is_24: whether hours that begin at 24:00 begin at noon, where the feed tells.

    Raises:
        ScheduleError: if it is not understood at all.
    """
    if len(text) > _MOST_PROSE:
        raise ScheduleError(
            "expression", f"is longer than {_MOST_PROSE} characters", position=_MOST_PROSE
        )
    if rules := rules_if_any(text):
        return _judged(text, rules, (), ())
    plain = with_equals_signs(text)
    if plain and (rules := rules_if_any(plain)):
        repair = Repair("expression", text, plain, "days with equals signs")
        return _judged(plain, rules, (repair,), ())
    return _read_otherwise(text, noon_is_24)


def _certain(text: str) -> tuple[tuple[Rule, ...], tuple[Repair, ...]]:
    if (rules := rules_if_any(text)) or len(text) > MAX_LENGTH:
        return rules or parse(text), ()
    if sign := _HANGING.search(without_comments(text)):
        message = f"not understood: {text[sign.start() : sign.start() + 12]!r}"
        raise ScheduleError("expression", message, position=sign.start(), suggestion=EXAMPLE)
    told = _told(text, None)
    if told and not told.doubts and (expression := _week(told)):
        return parse(expression), _repairs_of_words(text, expression, None)
    if told and not all(doubt.is_osm for doubt in told.doubts):
        unsure = next(doubt for doubt in told.doubts if not doubt.is_osm)
        raise _two_readings(unsure.readings, unsure.position)
    respelled = _respelled(text, None)
    if respelled is None or not (rules := rules_if_any(respelled.text)):
        return parse(text), ()  # which tells why it is none
    for unsure_at in respelled.unsure:
        raise _two_readings(unsure_at.readings, unsure_at.given)
    for repair in respelled.repairs:
        if repair.why == _WHYS["date"]:
            position = max(text.find(repair.before), 0)
            message = "the month stands before its day"
            raise ScheduleError("expression", message, position=position, suggestion=repair.after)
    return rules, respelled.repairs


def _read_otherwise(text: str, noon_is_24: bool | None) -> Found:
    told = _told(text, noon_is_24)
    if told and (expression := _week(told)):
        parse(expression)
        repairs = _repairs_of_words(text, expression, noon_is_24)
        unsure = tuple(
            f"{doubt.text!r} could mean {' or '.join(doubt.readings)}" for doubt in told.doubts
        )
        return Found(expression, repairs, unsure, tuple(told.losses))
    respelled = _respelled(text, noon_is_24)
    if respelled is None:
        return Found(rules_text(parse(text)))  # which tells why it is none
    if rules := rules_if_any(respelled.text):
        return _judged(respelled.text, rules, respelled.repairs, respelled.unsure)
    possible, faults = _with_possible_dates(respelled.text)
    rules = rules_if_any(possible)
    if not faults or len({_rule_at(fault.position or 0, rules) for fault in faults}) >= len(rules):
        return Found(rules_text(parse(text)))  # nothing else is said for certain
    return _judged(respelled.text, rules, respelled.repairs, respelled.unsure, faults)


def _with_possible_dates(text: str) -> tuple[str, tuple[NoSuchDateError, ...]]:
    """The text with the last day of the month for days that do not exist, and these."""
    faults: list[NoSuchDateError] = []
    for _ in range(_MOST_IMPOSSIBLE):
        try:
            parse(text)
            break
        except NoSuchDateError as fault:
            day = re.compile(rf"(?<!\d){fault.day}(?!\d)").search(text, fault.position or 0)
            last = str(fault.last_day).zfill(len(fault.day))
            if not day or len(last) != len(fault.day):  # positions would move
                break
            text = text[: day.start()] + last + text[day.end() :]
            faults.append(fault)
        except ScheduleError:
            break
    return text, tuple(faults)


def _repairs_of_words(text: str, expression: str, noon_is_24: bool | None) -> tuple[Repair, ...]:
    """The repairs word by word where they alone make the expression, else the whole of it."""
    respelled = _respelled(text, noon_is_24)
    if respelled and not respelled.unsure:
        rules = rules_if_any(respelled.text)
        if rules and rules_text(rules) == expression:
            return respelled.repairs
    return (Repair("expression", text, expression, "hours in words"),)


def _told(text: str, noon_is_24: bool | None) -> Told | None:
    try:
        return read_week(text, "expression", noon_is_24=noon_is_24)
    except ScheduleError:
        return None


def _judged(
    text: str,
    rules: tuple[Rule, ...],
    repairs: tuple[Repair, ...],
    unsure: tuple[_Unsure, ...],
    impossible: tuple[NoSuchDateError, ...] = (),
) -> Found:
    """The reading of a text that parses, its doubtful rules made UNKNOWN."""
    kept, kept_repairs = with_night_kept(*without_slips(rules))
    found = list(doubts(text, rules))
    for fault in impossible:
        position = fault.position or 0
        number = _rule_at(position, rules)
        found.append(Doubt(number, fault.message, (fault.message,), position, fault.suggestion))
    for readings, position, _ in unsure:
        number = _rule_at(position, rules)
        found = [doubt for doubt in found if doubt.rule != number]
        message = f"could mean {' or '.join(readings)}"
        found.append(Doubt(number, message, readings, position, readings[-1]))
    why = _misread_elsewhere(text, rules)
    if found:
        kept, kept_repairs = _without_doubtful(rules, found), ()
    needs_writing = kept != rules or bool(repairs) or bool(why)
    expression = rules_text(kept) if needs_writing else text
    if why and expression != text and not (repairs or found):
        repairs = (Repair("expression", text, expression, why),)
    if not found:
        return Found(expression, (*repairs, *kept_repairs))
    words = texts_of(text, rules)
    told = tuple(f"{words[doubt.rule]!r}: {doubt.message}" for doubt in found)
    return Found(expression, (*repairs, *kept_repairs), told)


def _rule_at(position: int, rules: tuple[Rule, ...]) -> int:
    """The number of the rule at a position of the text; 0 where there are none."""
    return max((n for n, rule in enumerate(rules) if rule.start <= position), default=0)


def _without_doubtful(rules: tuple[Rule, ...], found: list[Doubt]) -> tuple[Rule, ...]:
    kept: list[tuple[Rule, ...]] = [(rule,) for rule in rules]
    comments: dict[int, list[str]] = {}
    for doubt in found:
        comments.setdefault(doubt.rule, []).append(" or ".join(doubt.readings))
    for doubt in found:
        rule = rules[doubt.rule]
        unknown = rule._replace(
            separator=Separator.NORMAL if doubt.rule == 0 else rule.separator,
            days=rule.days if doubt.days is None else doubt.days,
            times=(),
            state=State.UNKNOWN,
            always=False,
            comment="; ".join(dict.fromkeys(comments[doubt.rule])).replace('"', "'"),
        )
        kept[doubt.rule] = (*doubt.certain, unknown)
    return tuple(itertools.chain.from_iterable(kept))


def _misread_elsewhere(text: str, rules: tuple[Rule, ...]) -> str:
    """Why other readers may take a text in another way than OSM means it; empty if they do not."""
    if _CANONICAL.fullmatch(text):
        return ""
    for rule, words in zip(rules, texts_of(text, rules), strict=True):
        selector = words.partition(":")[0] if not rule.selects_all else ""
        if ", " in selector or (rule.dates and "," in selector):
            return "a list of days"
        if rule.state is State.UNKNOWN and "unknown" not in words.lower():
            return "a comment alone makes hours unknown"
        if rule.unordered:
            return "parts in another order"
        if _NO_SPACE.search(without_comments(words)):
            return "no space between days and hours"
        if rule.separator is Separator.ADDITIONAL and text[rule.start - 1] != " ":
            return "no space before the next rule"
        if any(word.group() not in _CASED for word in _KEYWORD.finditer(without_comments(words))):
            return "capital and small letters"
    return ""


def _respelled(text: str, noon_is_24: bool | None) -> _Spelled | None:
    """The text with its words and signs as OSM spells them; None if a word is not understood."""
    try:
        found = items(text, "expression", noon_is_24=noon_is_24)
    except ScheduleError:
        return None
    parts: list[str] = []
    repairs: list[Repair] = []
    unsure: list[_Unsure] = []
    at = length = 0
    for item in _useful(found):
        before, given = text[at : item.start], text[item.start : item.end]
        parts.append(before)
        length += len(before)
        new = _spelling(item, given)
        if item.kind == "hours" and len(item.value) > 1:
            readings = tuple(map(clock.text_of, item.value))
            unsure.append(_Unsure(readings, length, item.start))
        if new.lower() != given.lower().replace(" ", "") and new.strip() != given.strip():
            repairs.append(
                Repair("expression", given.strip(), new.strip(), _WHYS.get(item.kind, ""))
            )
        parts.append(new)
        length += len(new)
        at = item.end
    spelled_text = "".join((*parts, text[at:])).strip()
    return _Spelled(spelled_text, tuple(r for r in repairs if r.why), tuple(unsure))


def _useful(found: list[Item]) -> list[Item]:
    """The items, one separator at either end made nothing."""
    useful = list(found)
    for numbers, kinds in (
        (range(len(useful)), _BEFORE_FIRST),
        (range(len(useful) - 1, -1, -1), _AFTER_LAST),
    ):
        for number in numbers:
            if useful[number].kind not in kinds:
                break
            is_separator = useful[number].kind != "nothing"
            useful[number] = useful[number]._replace(kind="nothing")
            if is_separator:
                break
    return useful


def _spelling(item: Item, given: str) -> str:
    if item.kind in _WHYS and item.kind not in ("comma", "dash", "semicolon", "osm"):
        return item.spelled if item.spelled.lower() != given.lower() else given
    if item.kind == "osm hours":
        return given if given[:1].isdigit() and given[-1:].isdigit() else item.spelled
    if item.kind == "nothing":
        return given if given in "()[]:" and given else ""
    if item.kind == "semicolon":
        return "; "
    if item.kind in ("comma", "dash", "fallback"):
        return item.spelled
    return item.spelled or given


def _week(told: Told) -> str:
    has_hours = any(told.hours) or bool(told.doubts) or bool(told.appointments)
    return week_text(told, others_closed=has_hours)


def _two_readings(readings: tuple[str, ...], position: int) -> ScheduleError:
    return ScheduleError(
        "expression",
        f"could mean {' or '.join(readings)}",
        position=position,
        suggestion=" or ".join(readings),
    )
